"""The classifier on the simulated accelerator: exact scores, and a typed error within the deadline for each fault."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from binarycop.accelerator.simulated.logic import SimulatedFault
from binarycop.accelerator.simulated.memory import SimulatedBusError
from binarycop.bundle.files import Bundle
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.golden import check_golden
from binarycop.errors import (
    DmaBusy,
    DmaDataError,
    DmaTimeout,
    OverlayError,
    OverlayInUse,
    OverlayLoadDenied,
    OverlayMissing,
)
from binarycop.settings.classifier import FaultKind
from tests.accelerator.fakes import SLOW_MHZ, FabricBuffer, SimulatedSetup


@pytest.fixture
def simulated(tiny_bundle: Bundle, tmp_path: Path) -> SimulatedSetup:
    return SimulatedSetup(tiny_bundle, tmp_path)


@pytest.fixture
def crops(tiny_bundle: Bundle) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (40, 32, 32, 3), dtype=np.uint8)


def faulty(tiny_bundle: Bundle, tmp_path: Path, kind: FaultKind, after: int = 3, times: int = 1) -> SimulatedSetup:
    return SimulatedSetup(tiny_bundle, tmp_path, SimulatedFault(kind, after, times))


@pytest.mark.parametrize("count", [0, 1, 2, 8, 16, 17, 40])
def test_its_scores_are_those_of_the_emulator(simulated: SimulatedSetup, crops: np.ndarray, count: int) -> None:
    scores = simulated.classifier().scores(crops[:count])
    assert scores.dtype == np.int32
    assert scores.shape == (count, 4)
    assert (scores == Emulator(simulated.bundle).scores(crops[:count])).all()


def test_four_scores_in_one_word_are_unpacked(tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray) -> None:
    simulated = SimulatedSetup(tiny_bundle, tmp_path)
    wide = {"output_type": "INT13", "output_packed": (1, 1, 7)}
    simulated = SimulatedSetup(simulated.with_manifest(**wide).bundle, tmp_path)
    assert (simulated.classifier().scores(crops[:5]) == Emulator(tiny_bundle).scores(crops[:5])).all()


def test_crops_of_several_cameras_are_one_batch_and_buffers_are_reused(
    simulated: SimulatedSetup, crops: np.ndarray
) -> None:
    classifier = simulated.classifier()
    next_free = simulated.fabric.memory.allocate(1)
    for _ in range(3):
        classifier.scores(crops[:8])
        fabric = simulated.fabric
        assert (fabric.input_dma.images, fabric.output_dma.images) == (9, 9), "eight crops and a golden vector"
    assert simulated.fabric.memory.allocate(1) == next_free + 4096


def test_it_reproduces_the_golden_vectors(simulated: SimulatedSetup) -> None:
    assert check_golden(simulated.bundle, simulated.classifier()) == 64


@pytest.mark.parametrize("forgotten", ["flush", "invalidate"])
def test_a_missing_flush_or_invalidate_is_an_error(
    simulated: SimulatedSetup, crops: np.ndarray, forgotten: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = simulated.classifier()
    monkeypatch.setattr(FabricBuffer, forgotten, lambda self, count: None)
    with pytest.raises(DmaDataError):
        classifier.scores(crops[:1])


@pytest.mark.parametrize(
    "crops", [np.zeros((1, 32, 32, 3), np.float32), np.zeros((32, 32, 3), np.uint8), np.zeros((1, 72, 72, 3), np.uint8)]
)
def test_an_array_that_is_no_batch_of_crops_is_refused(simulated: SimulatedSetup, crops: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"not uint8 \(N, 32, 32, 3\)"):
        simulated.classifier().scores(crops)


def test_a_batch_that_hangs_is_an_error_within_its_deadline_and_none_is_started_after_it(
    tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray
) -> None:
    simulated = faulty(tiny_bundle, tmp_path, FaultKind.HANG)
    classifier = simulated.classifier(deadline_s=0.05)
    for _ in range(3):
        classifier.scores(crops[:1])
    begun_s = simulated.clock.now_s()
    with pytest.raises(DmaTimeout, match="odma0 has not finished within 50 ms"):
        classifier.scores(crops[:1])
    assert simulated.clock.now_s() - begun_s < 0.0502
    sleeps = len(simulated.sleeps_s)
    with pytest.raises(DmaTimeout):
        classifier.scores(crops[:1])
    assert len(simulated.sleeps_s) == sleeps


def test_a_slow_batch_counts_if_it_meets_the_deadline(tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray) -> None:
    simulated = SimulatedSetup(tiny_bundle, tmp_path, SimulatedFault(FaultKind.SLOW, slow_s=0.04))
    assert (simulated.classifier(0.05).scores(crops[:2]) == Emulator(tiny_bundle).scores(crops[:2])).all()
    assert 0.04 <= simulated.clock.now_s() < 0.0402
    late = SimulatedSetup(tiny_bundle, tmp_path, SimulatedFault(FaultKind.SLOW, slow_s=0.06))
    with pytest.raises(DmaTimeout):
        late.classifier(0.05).scores(crops[:2])


def test_the_golden_vector_of_each_batch_shows_flipped_bits(
    tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray
) -> None:
    for seed in range(8):
        simulated = faulty(tiny_bundle, tmp_path, FaultKind.FLIP, after=seed)
        classifier = simulated.classifier()
        for _ in range(seed):
            classifier.scores(crops[:1])
        with pytest.raises(DmaDataError):
            classifier.scores(crops[:1])


def test_the_message_about_wrong_scores_has_no_score_of_a_person(
    tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray
) -> None:
    classifier = faulty(tiny_bundle, tmp_path, FaultKind.FLIP, after=0).classifier()
    with pytest.raises(DmaDataError) as caught:
        classifier.scores(crops[:4])
    message = str(caught.value)
    assert "answers are impossible" in message or "comes out wrong" in message
    assert not any(str(row) in message for row in Emulator(tiny_bundle).scores(crops[:4]).tolist())


def test_a_batch_that_is_done_without_output_is_an_error(simulated: SimulatedSetup, crops: np.ndarray) -> None:
    classifier = simulated.classifier()
    classifier.scores(crops[:3])
    simulated.fabric.memory.dma_write = lambda address, data: None  # type: ignore[method-assign]
    with pytest.raises(DmaDataError, match="4 of 4 answers are impossible"):
        classifier.scores(crops[:3])


def test_a_lost_overlay_is_an_error_before_a_register_is_accessed(
    tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray
) -> None:
    classifier = faulty(tiny_bundle, tmp_path, FaultKind.LOSE).classifier()
    for _ in range(3):
        classifier.scores(crops[:1])
    with pytest.raises(OverlayMissing, match="no longer configured; run binarycop load-overlay"):
        classifier.scores(crops[:1])


@pytest.mark.parametrize("kind", [FaultKind.HANG, FaultKind.SLOW, FaultKind.FLIP, FaultKind.LOSE])
def test_after_a_reload_it_works_again(tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray, kind: FaultKind) -> None:
    simulated = faulty(tiny_bundle, tmp_path, kind)
    classifier = simulated.classifier()
    for _ in range(3):
        classifier.scores(crops[:1])
    with pytest.raises(OverlayError):
        classifier.scores(crops[:1])
    classifier.reload()
    assert simulated.fabric.loads == 2
    assert (classifier.scores(crops) == Emulator(tiny_bundle).scores(crops)).all()


def test_an_overlay_that_is_wrong_again_after_a_reload_stays_failed(
    tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray
) -> None:
    classifier = faulty(tiny_bundle, tmp_path, FaultKind.FLIP, after=0, times=2).classifier()
    for _ in range(2):
        with pytest.raises(DmaDataError):
            classifier.scores(crops[:1])
    with pytest.raises(DmaDataError):
        classifier.reload()
    with pytest.raises(DmaDataError):
        classifier.scores(crops[:1])


def test_wrong_golden_vectors_after_a_reload_are_a_failure_of_the_overlay(simulated: SimulatedSetup) -> None:
    classifier = simulated.classifier()
    simulated.bundle.golden_scores[60] += 2
    try:
        with pytest.raises(OverlayError, match="1 of 64 differ, number 60"):
            classifier.reload()
    finally:
        simulated.bundle.golden_scores[60] -= 2


def test_a_reload_without_permission_is_an_error_of_its_own(simulated: SimulatedSetup) -> None:
    classifier = simulated.classifier()
    simulated.fabric.denies_load = True
    with pytest.raises(OverlayLoadDenied, match="cannot be loaded from here"):
        classifier.reload()


def remove_record(simulated: SimulatedSetup) -> None:
    simulated.fabric.record_loaded(None)


def record_another(simulated: SimulatedSetup) -> None:
    simulated.fabric.record_loaded("ab" * 32)


def change_clock(simulated: SimulatedSetup) -> None:
    simulated.board.fclk_mhz = 50.0


def start_dma(simulated: SimulatedSetup) -> None:
    simulated.fabric.dma("odma0").write(0, 1)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (remove_record, OverlayMissing, "overlay: none is loaded; run binarycop load-overlay"),
        (record_another, OverlayMissing, "another one is loaded, sha256 abababababab… not"),
        (change_clock, OverlayMissing, "its clock runs at 50 MHz, not 100"),
        (start_dma, DmaBusy, "odma0 is not idle, its control register reads 0x00000001"),
    ],
)
def test_an_overlay_in_a_wrong_state_is_refused_at_the_start(
    simulated: SimulatedSetup, change: Callable[[SimulatedSetup], None], error: type[OverlayError], message: str
) -> None:
    change(simulated)
    with pytest.raises(error, match=message):
        simulated.classifier()


def test_an_accelerator_with_another_user_is_refused_before_anything_of_it_is_looked_at(
    simulated: SimulatedSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OverlayInUse("a notebook is using it")

    monkeypatch.setattr(simulated.fabric, "claim", refuse)
    for change in (remove_record, record_another, change_clock, start_dma):
        change(simulated)
        with pytest.raises(OverlayInUse, match="a notebook is using it"):
            simulated.classifier()


def test_a_failure_that_is_raised_again_and_again_does_not_grow(simulated: SimulatedSetup, crops: np.ndarray) -> None:
    """What led to it would hold the crops of each call."""
    classifier = simulated.classifier()
    simulated.fabric.inject(SimulatedFault(FaultKind.HANG))
    lengths = []
    for _ in range(4):
        with pytest.raises(DmaTimeout) as failure:
            classifier.scores(crops[:1])
        lengths.append(len(failure.traceback))
    assert lengths[1:] == [2, 2, 2]


def test_a_classifier_that_rests_slows_the_clock_once_and_its_next_crop_gets_the_whole_clock(
    simulated: SimulatedSetup, crops: np.ndarray
) -> None:
    classifier = simulated.classifier()
    classifier.rest()
    classifier.rest()
    assert (simulated.board.rests, simulated.board.fclk_mhz) == (1, SLOW_MHZ)
    assert (classifier.scores(crops[:3]) == Emulator(simulated.bundle).scores(crops[:3])).all()
    assert simulated.board.fclk_mhz == simulated.bundle.manifest.clock_mhz
    classifier.rest()
    classifier.wake()
    assert (simulated.board.rests, simulated.board.fclk_mhz) == (2, simulated.bundle.manifest.clock_mhz)


def test_with_a_slow_clock_no_batch_is_done_in_time(simulated: SimulatedSetup, crops: np.ndarray) -> None:
    classifier = simulated.classifier()
    simulated.board.rest()  # without the classifier's knowledge
    with pytest.raises(DmaTimeout):
        classifier.scores(crops[:1])


def test_a_clock_that_stands_still_would_hang_the_processor(simulated: SimulatedSetup, crops: np.ndarray) -> None:
    classifier = simulated.classifier()
    simulated.board.fclk_mhz = 0.0
    with pytest.raises(SimulatedBusError, match="the logic's clock stands still"):
        classifier.scores(crops[:1])


def test_a_clock_that_cannot_be_set_is_a_failure_until_a_reload(simulated: SimulatedSetup, crops: np.ndarray) -> None:
    classifier = simulated.classifier()
    classifier.rest()
    simulated.board.cannot_wake = True
    for _ in range(2):
        with pytest.raises(OverlayError, match="its clock cannot be set"):
            classifier.scores(crops[:1])
    classifier.reload()
    assert (classifier.scores(crops[:1]) == Emulator(simulated.bundle).scores(crops[:1])).all()


def test_a_classifier_that_has_failed_does_not_rest(tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray) -> None:
    simulated = faulty(tiny_bundle, tmp_path, FaultKind.HANG, after=0)
    classifier = simulated.classifier()
    with pytest.raises(DmaTimeout):
        classifier.scores(crops[:1])
    classifier.rest()
    assert simulated.board.rests == 0


@pytest.mark.parametrize("cannot_wake", [False, True])
def test_a_classifier_that_rests_is_closed_with_the_whole_clock_if_it_can_be_set(
    simulated: SimulatedSetup, *, cannot_wake: bool
) -> None:
    classifier = simulated.classifier()
    classifier.rest()
    simulated.board.cannot_wake = cannot_wake
    classifier.close()
    assert simulated.board.is_closed
    assert (simulated.board.fclk_mhz == SLOW_MHZ) == cannot_wake
