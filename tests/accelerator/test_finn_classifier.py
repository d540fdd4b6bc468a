"""The accelerator as a classifier, on the simulated board's fabric: exact, checked, and never waited for in vain."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from binarycop.accelerator.simulated.fabric import SimulatedFault
from binarycop.bundle.files import Bundle
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.golden import check_golden
from binarycop.errors import (
    DmaBusy,
    DmaDataError,
    DmaTimeout,
    OverlayError,
    OverlayLoadDenied,
    OverlayMissing,
)
from binarycop.settings.classifier import FaultKind
from tests.accelerator.fakes import FabricBuffer, SimulatedSetup


@pytest.fixture
def bench(tiny_bundle: Bundle, tmp_path: Path) -> SimulatedSetup:
    return SimulatedSetup(tiny_bundle, tmp_path)


@pytest.fixture
def crops(tiny_bundle: Bundle) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (40, 32, 32, 3), dtype=np.uint8)


def faulty(tiny_bundle: Bundle, tmp_path: Path, kind: FaultKind, after: int = 3, times: int = 1) -> SimulatedSetup:
    return SimulatedSetup(tiny_bundle, tmp_path, SimulatedFault(kind, after, times))


@pytest.mark.parametrize("count", [0, 1, 2, 8, 16, 17, 40])
def test_its_scores_are_the_emulators(bench: SimulatedSetup, crops: np.ndarray, count: int) -> None:
    got = bench.overlay().scores(crops[:count])
    assert got.dtype == np.int32
    assert got.shape == (count, 4)
    assert (got == Emulator(bench.bundle).scores(crops[:count])).all()


def test_scores_of_four_to_a_word_are_unpacked(tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray) -> None:
    bench = SimulatedSetup(tiny_bundle, tmp_path)
    wide = {"output_type": "INT13", "output_packed": (1, 1, 7)}
    bench = SimulatedSetup(bench.with_manifest(**wide).bundle, tmp_path)
    assert (bench.overlay().scores(crops[:5]) == Emulator(tiny_bundle).scores(crops[:5])).all()


def test_crops_of_several_cameras_go_in_one_batch_and_buffers_are_used_again(
    bench: SimulatedSetup, crops: np.ndarray
) -> None:
    overlay = bench.overlay()
    next_free = bench.fabric.memory.allocate(1)
    for _ in range(3):
        overlay.scores(crops[:8])
        source, sink = bench.fabric.dmas.values()
        assert (source.images, sink.images) == (9, 9), "eight crops and a golden vector"
    assert bench.fabric.memory.allocate(1) == next_free + 4096


def test_it_reproduces_the_golden_vectors(bench: SimulatedSetup) -> None:
    assert check_golden(bench.bundle, bench.overlay()) == 64


@pytest.mark.parametrize("forgotten", ["flush", "invalidate"])
def test_a_missing_flush_or_invalidate_is_found(
    bench: SimulatedSetup, crops: np.ndarray, forgotten: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    overlay = bench.overlay()
    monkeypatch.setattr(FabricBuffer, forgotten, lambda self, count: None)
    with pytest.raises(DmaDataError):
        overlay.scores(crops[:1])


@pytest.mark.parametrize(
    "crops", [np.zeros((1, 32, 32, 3), np.float32), np.zeros((32, 32, 3), np.uint8), np.zeros((1, 72, 72, 3), np.uint8)]
)
def test_what_is_not_a_batch_of_crops_is_refused(bench: SimulatedSetup, crops: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"not uint8 \(N, 32, 32, 3\)"):
        bench.overlay().scores(crops)


def test_a_hung_batch_is_an_error_within_its_deadline_and_nothing_is_started_after_it(
    tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray
) -> None:
    bench = faulty(tiny_bundle, tmp_path, FaultKind.HANG)
    overlay = bench.overlay(deadline_s=0.05)
    for _ in range(3):
        overlay.scores(crops[:1])
    begun_s = bench.clock.now_s()
    with pytest.raises(DmaTimeout, match="odma0 has not finished within 50 ms"):
        overlay.scores(crops[:1])
    assert bench.clock.now_s() - begun_s < 0.0502
    sleeps = len(bench.sleeps_s)
    with pytest.raises(DmaTimeout):
        overlay.scores(crops[:1])
    assert len(bench.sleeps_s) == sleeps


def test_a_slow_batch_counts_if_it_keeps_the_deadline(tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray) -> None:
    bench = SimulatedSetup(tiny_bundle, tmp_path, SimulatedFault(FaultKind.SLOW, late_s=0.04))
    assert (bench.overlay(0.05).scores(crops[:2]) == Emulator(tiny_bundle).scores(crops[:2])).all()
    assert 0.04 <= bench.clock.now_s() < 0.0402
    late = SimulatedSetup(tiny_bundle, tmp_path, SimulatedFault(FaultKind.SLOW, late_s=0.06))
    with pytest.raises(DmaTimeout):
        late.overlay(0.05).scores(crops[:2])


def test_flipped_bits_are_found_by_the_golden_vector_of_the_batch(
    tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray
) -> None:
    for seed in range(8):
        bench = faulty(tiny_bundle, tmp_path, FaultKind.FLIP, after=seed)
        overlay = bench.overlay()
        for _ in range(seed):
            overlay.scores(crops[:1])
        with pytest.raises(DmaDataError):
            overlay.scores(crops[:1])


def test_what_is_said_of_nonsense_holds_no_scores_of_a_person(
    tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray
) -> None:
    overlay = faulty(tiny_bundle, tmp_path, FaultKind.FLIP, after=0).overlay()
    with pytest.raises(DmaDataError) as caught:
        overlay.scores(crops[:4])
    said = str(caught.value)
    assert "answers are impossible" in said or "comes out wrong" in said
    assert not any(str(row) in said for row in Emulator(tiny_bundle).scores(crops[:4]).tolist())


def test_a_batch_that_is_done_without_an_answer_is_nonsense(bench: SimulatedSetup, crops: np.ndarray) -> None:
    overlay = bench.overlay()
    overlay.scores(crops[:3])
    bench.fabric.memory.dma_write = lambda address, data: None  # type: ignore[method-assign]
    with pytest.raises(DmaDataError, match="4 of 4 answers are impossible"):
        overlay.scores(crops[:3])


def test_a_lost_overlay_is_found_before_a_register_is_touched(
    tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray
) -> None:
    overlay = faulty(tiny_bundle, tmp_path, FaultKind.LOSE).overlay()
    for _ in range(3):
        overlay.scores(crops[:1])
    with pytest.raises(OverlayMissing, match="no longer configured; run binarycop load-overlay"):
        overlay.scores(crops[:1])


@pytest.mark.parametrize("kind", [FaultKind.HANG, FaultKind.SLOW, FaultKind.FLIP, FaultKind.LOSE])
def test_loaded_anew_it_works_again(tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray, kind: FaultKind) -> None:
    bench = faulty(tiny_bundle, tmp_path, kind)
    overlay = bench.overlay()
    for _ in range(3):
        overlay.scores(crops[:1])
    with pytest.raises(OverlayError):
        overlay.scores(crops[:1])
    overlay.reload()
    assert bench.fabric.loads == 2
    assert (overlay.scores(crops) == Emulator(tiny_bundle).scores(crops)).all()


def test_an_overlay_that_is_wrong_again_after_loading_stays_failed(
    tiny_bundle: Bundle, tmp_path: Path, crops: np.ndarray
) -> None:
    overlay = faulty(tiny_bundle, tmp_path, FaultKind.FLIP, after=0, times=2).overlay()
    for _ in range(2):
        with pytest.raises(DmaDataError):
            overlay.scores(crops[:1])
    with pytest.raises(DmaDataError):
        overlay.reload()
    with pytest.raises(DmaDataError):
        overlay.scores(crops[:1])


def test_golden_vectors_that_disagree_after_loading_are_a_failure_of_the_overlay(bench: SimulatedSetup) -> None:
    overlay = bench.overlay()
    bench.bundle.golden_scores[60] += 2
    try:
        with pytest.raises(OverlayError, match="1 of 64 differ, number 60"):
            overlay.reload()
    finally:
        bench.bundle.golden_scores[60] -= 2


def test_without_the_right_to_load_that_is_said(bench: SimulatedSetup) -> None:
    overlay = bench.overlay()
    bench.fabric.forbids = True
    with pytest.raises(OverlayLoadDenied, match="cannot be loaded from here"):
        overlay.reload()


def lose(bench: SimulatedSetup) -> None:
    bench.fabric.record_loaded(None)


def load_another(bench: SimulatedSetup) -> None:
    bench.fabric.record_loaded("ab" * 32)


def slow_down(bench: SimulatedSetup) -> None:
    bench.board.fclk_mhz = 50.0


def start(bench: SimulatedSetup) -> None:
    bench.fabric.dma("odma0").write(0, 1)


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lose, OverlayMissing, "overlay: none is loaded; run binarycop load-overlay"),
        (load_another, OverlayMissing, "another one is loaded, sha256 abababababab… not"),
        (slow_down, OverlayMissing, "its clock runs at 50 MHz, not 100"),
        (start, DmaBusy, "odma0 is not idle, its control register reads 0x00000001"),
    ],
)
def test_an_overlay_that_is_not_as_it_must_be_is_refused_at_start(
    bench: SimulatedSetup, spoil: Callable[[SimulatedSetup], None], error: type[OverlayError], said: str
) -> None:
    spoil(bench)
    with pytest.raises(error, match=said):
        bench.overlay()
