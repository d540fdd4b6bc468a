"""The driver with the real pynq on the simulated board: Overlay, MMIO, Clocks and allocate are not changed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from binarycop.accelerator.finn_classifier import FinnClassifier
from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.accelerator.owner_lock import OwnerLock
from binarycop.accelerator.simulated.fabric import Fabric
from binarycop.accelerator.simulated.logic import SimulatedFault
from binarycop.accelerator.simulated.memory import SimulatedBusError
from binarycop.bundle import files as bundles
from binarycop.bundle.files import Bundle
from binarycop.bundle.search import SEARCH_PATHS
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.golden import check_golden
from binarycop.clock import ManualClock
from binarycop.errors import DmaDataError, DmaTimeout, OverlayError, OverlayInUse, OverlayLoadDenied, OverlayMissing
from binarycop.service.backends import restore_clock
from binarycop.settings.classifier import FaultKind

pytest.importorskip("pynq", reason="needs pynq: make test-pynq installs it, make venv does where it can")

from binarycop.accelerator.pynq_board import ContiguousBuffer, PynqBoard, pynq
from binarycop.accelerator.simulated.device import SimulatedBoard

pytestmark = pytest.mark.pynq


class PynqSetup:
    """A simulated board with a loaded overlay, and a clock that only the driver's sleep advances."""

    def __init__(self, bundle: Bundle, fault: SimulatedFault | None = None) -> None:
        self.clock = ManualClock()
        self.board = SimulatedBoard(bundle, lambda built: Fabric(built, self.clock, fault))
        self.bundle = self.board.bundle

    def classifier(self, deadline_s: float = 0.05) -> FinnClassifier:
        return FinnClassifier(self.bundle, self.board, self.clock, self.sleep, deadline_s, "simulated-board")

    def sleep(self, seconds: float) -> None:
        self.clock.advance_to(self.clock.now_s() + seconds)


class StuckClocks:
    """The divisors do not change."""

    fclk0_mhz = property(lambda self: 50.0, lambda self, value: None)

    def set_pl_clk(self, number: int, **divisors: int) -> None:
        pass


@pytest.fixture
def crops() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (21, 32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "folder", sorted(path for path in SEARCH_PATHS[0].iterdir() if path.is_dir()), ids=lambda path: path.name
)
def test_every_bundle_of_the_project_has_the_scores_of_the_emulator(folder: Path, crops: np.ndarray) -> None:
    bundle = bundles.load(folder)
    board = PynqSetup(bundle)
    classifier = board.classifier()
    assert check_golden(board.bundle, classifier) >= 64
    for count in (1, 2, 8, 16, 21):
        assert (classifier.scores(crops[:count]) == Emulator(bundle).scores(crops[:count])).all()
    classifier.close()
    classifier.close()


def test_loading_sets_the_clock_of_the_manifest(tiny_bundle: Bundle) -> None:
    board = PynqSetup(tiny_bundle).board
    assert board.clock_mhz() == 100.0
    board.device.slcr[0x170 // 4] = 1 << 20 | 20 << 8
    assert board.clock_mhz() == 50.0
    with pytest.raises(OverlayMissing, match="its clock runs at 50 MHz, not 100"):
        FinnClassifier(board.bundle, board, ManualClock(), lambda _: None, 0.1)
    board.load()
    assert board.clock_mhz() == 100.0


def test_a_board_that_rests_has_the_slowest_clock_of_its_dividers_and_wakes_with_that_of_the_manifest(
    tiny_bundle: Bundle, crops: np.ndarray
) -> None:
    simulated = PynqSetup(tiny_bundle)
    classifier, other, board = simulated.classifier(), simulated.classifier(), simulated.board
    classifier.rest()
    assert board.clock_mhz() == pytest.approx(1000 / 63 / 63, abs=1e-6)
    with pytest.raises(DmaTimeout):
        other.scores(crops[:1])  # it does not know that the clock is slow
    other.reload()
    classifier.rest()
    assert (classifier.scores(crops[:2]) == Emulator(simulated.bundle).scores(crops[:2])).all()
    assert board.clock_mhz() == 100.0


def divisors(first: int, second: int) -> int:
    """The register of FCLK0."""
    return second << 20 | first << 8


def watched_mhz(board: SimulatedBoard, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Gets the clock's frequency after each write to its register from now on."""
    seen_mhz: list[float] = []

    class Watched(np.ndarray):
        """The system control's registers; each write is seen."""

        def __setitem__(self, key: Any, value: Any) -> None:
            super().__setitem__(key, value)
            seen_mhz.append(board.device.fclk0_mhz())

    board.device.slcr = board.device.slcr.view(Watched)
    if hasattr(pynq.ps.Clocks, "_real_instance"):
        monkeypatch.delattr(pynq.ps.Clocks, "_real_instance")  # it has the registers without a watch
    return seen_mhz


def board_of_build(
    bundle: Bundle, build: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[SimulatedBoard, list[float], float]:
    """A board whose next loading leaves the dividers of a build, the clock after each write, and the build's clock."""
    board = PynqSetup(bundle).board
    monkeypatch.setattr(pynq.Overlay, "download", lambda _: None)
    board.device.slcr[0x170 // 4] = build
    return board, watched_mhz(board, monkeypatch), board.device.fclk0_mhz()


def test_while_the_clock_changes_it_is_never_faster_than_that_of_the_manifest(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = PynqSetup(tiny_bundle).board
    seen_mhz = watched_mhz(board, monkeypatch)
    board.rest()
    board.wake()
    assert len(seen_mhz) >= 4
    assert min(seen_mhz) < 0.26
    assert max(seen_mhz) == 100.0


@pytest.mark.parametrize("build", [divisors(7, 1), divisors(5, 4), divisors(1, 5)], ids=["142", "50", "200"])
def test_from_the_dividers_of_a_build_with_another_clock_it_never_gets_faster_than_both(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch, build: int
) -> None:
    board, seen_mhz, built_mhz = board_of_build(tiny_bundle, build, monkeypatch)
    board.load()
    assert seen_mhz[-1] == board.clock_mhz() == 100.0
    assert max(seen_mhz) <= max(built_mhz, 100.0)


@pytest.mark.parametrize("build", [divisors(5, 2), divisors(2, 5), divisors(10, 1)], ids=["5*2", "2*5", "10*1"])
def test_a_clock_that_is_right_already_is_left_alone(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch, build: int
) -> None:
    """pynq would set 10 and 1, one after the other, while the logic runs."""
    board, seen_mhz, _ = board_of_build(tiny_bundle, build, monkeypatch)
    board.load()
    board.wake()
    assert seen_mhz == []


def test_a_slow_clock_is_remembered_before_it_is_slow_and_until_it_is_whole(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = PynqSetup(tiny_bundle).board
    written: list[tuple[float | None, float]] = []
    record = board.fabric.record_slowed

    def record_slowed(full_mhz: float | None) -> None:
        written.append((full_mhz, board.clock_mhz()))
        record(full_mhz)

    monkeypatch.setattr(board.fabric, "record_slowed", record_slowed)
    board.rest()
    assert written == [(100.0, 100.0)]
    assert board.fabric.slowed_from_mhz() == 100.0
    board.wake()
    assert written[-1] == (None, 100.0)
    board.rest()
    board.load()
    assert board.fabric.slowed_from_mhz() is None


def test_the_clock_that_a_killed_process_left_slow_is_restored_without_its_bundle(tiny_bundle: Bundle) -> None:
    board = PynqSetup(tiny_bundle).board
    restore_clock(board.fabric)
    assert board.clock_mhz() == 100.0
    board.rest()
    restore_clock(board.fabric)
    assert (board.clock_mhz(), board.fabric.slowed_from_mhz()) == (100.0, None)


def test_a_clock_that_stays_slow_stays_remembered(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    board = PynqSetup(tiny_bundle).board
    board.rest()
    monkeypatch.setattr(pynq.ps, "Clocks", StuckClocks())
    with pytest.raises(OverlayError, match="its clock cannot be set: ValueError: its clock runs at 50 MHz, not 100"):
        restore_clock(board.fabric)
    assert board.fabric.slowed_from_mhz() == 100.0


def test_the_manifests_clock_overrides_that_of_the_build(tiny_bundle: Bundle) -> None:
    simulated = PynqSetup(tiny_bundle).board
    file = simulated.bundle.folder / "overlay.bit"
    slow = PynqBoard(file, simulated.bundle.manifest.sha256["overlay.bit"], 50.0, simulated.fabric, simulated.device)
    slow.load()
    assert slow.clock_mhz() == 50.0


def test_pynq_reads_our_block_design(tiny_bundle: Bundle) -> None:
    board = PynqSetup(tiny_bundle).board
    assert {name: ip["phys_addr"] for name, ip in board.device.ip_dict.items() if "phys_addr" in ip} == {
        "idma0": 0x4000_0000,
        "odma0": 0x4000_1000,
    }
    from pynq.pl_server.embedded_device import parse_bit_header  # noqa: PLC0415 - as above

    header = parse_bit_header((board.bundle.folder / "overlay.bit").read_bytes())
    assert header["part"] == "7z020clg400"
    assert b"not a bitstream" in header["data"]


def test_done_is_cleared_by_a_read_through_pynqs_mmio(tiny_bundle: Bundle) -> None:
    board = PynqSetup(tiny_bundle).board
    registers = board.registers("odma0")
    assert isinstance(board.fabric, Fabric)
    board.fabric.output_dma.finish()
    assert registers.read(0) & 2
    assert not registers.read(0) & 2


@pytest.mark.parametrize("forgotten", ["flush", "invalidate"])
def test_a_missing_flush_or_invalidate_of_pynqs_buffers_is_an_error(
    tiny_bundle: Bundle, crops: np.ndarray, forgotten: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = PynqSetup(tiny_bundle).classifier()
    monkeypatch.setattr(ContiguousBuffer, forgotten, lambda self, count: None)
    with pytest.raises(DmaDataError):
        classifier.scores(crops[:1])


FAULTS = [
    (FaultKind.HANG, DmaTimeout),
    (FaultKind.SLOW, DmaTimeout),
    (FaultKind.FLIP, DmaDataError),
    (FaultKind.LOSE, OverlayMissing),
]


@pytest.mark.parametrize(("kind", "error"), FAULTS)
def test_each_fault_is_a_typed_error_and_ends_with_a_reload(
    tiny_bundle: Bundle, crops: np.ndarray, kind: FaultKind, error: type[OverlayError]
) -> None:
    board = PynqSetup(tiny_bundle, SimulatedFault(kind, after=2))
    classifier = board.classifier()
    for _ in range(2):
        classifier.scores(crops[:1])
    with pytest.raises(error):
        classifier.scores(crops[:1])
    classifier.reload()
    assert board.board.fabric.loads == 2
    assert (classifier.scores(crops) == Emulator(tiny_bundle).scores(crops)).all()


def test_a_reload_does_not_read_the_hwh_again(
    tiny_bundle: Bundle, crops: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = PynqSetup(tiny_bundle)
    classifier = board.classifier()
    monkeypatch.setattr(pynq, "Overlay", None)
    classifier.reload()
    assert board.board.fabric.loads == 2
    assert (classifier.scores(crops) == Emulator(tiny_bundle).scores(crops)).all()


def test_two_boards_do_not_share_a_clock(tiny_bundle: Bundle) -> None:
    first = PynqSetup(tiny_bundle).board
    second = PynqSetup(tiny_bundle).board
    second.device.slcr[0x170 // 4] = 1 << 20 | 40 << 8
    assert second.clock_mhz() == 25.0
    first.device.slcr[0x170 // 4] = 1 << 20 | 20 << 8
    assert second.clock_mhz() == 25.0


def test_without_permission_nothing_is_loaded(tiny_bundle: Bundle) -> None:
    board = PynqSetup(tiny_bundle).board
    board.fabric.denies_load = True
    with pytest.raises(
        OverlayLoadDenied, match="the simulated board does not allow it; run binarycop load-overlay as root"
    ):
        board.load()
    assert board.fabric.loads == 1


def test_a_failed_loading_leaves_no_record(tiny_bundle: Bundle) -> None:
    board = PynqSetup(tiny_bundle).board
    file = board.bundle.folder / "overlay.bit"
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(OverlayError, match="it could not be loaded: OverlayError"):
        board.load()
    assert board.fabric.loaded_sha256() is None


def test_a_clock_that_could_not_be_set_leaves_no_record(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    board = PynqSetup(tiny_bundle).board
    assert board.fabric.loaded_sha256() is not None
    monkeypatch.setattr(pynq.ps, "Clocks", StuckClocks())
    with pytest.raises(OverlayError, match="it could not be loaded: ValueError: its clock runs at 50 MHz, not 100"):
        board.load()
    assert board.fabric.loaded_sha256() is None


def test_an_ip_that_does_not_exist_is_named(tiny_bundle: Bundle) -> None:
    with pytest.raises(OverlayError, match=r"pynq finds no IP idma7 in overlay\.hwh"):
        PynqSetup(tiny_bundle).board.registers("idma7")


def test_a_register_outside_the_overlay_is_a_bus_error(tiny_bundle: Bundle) -> None:
    board = PynqSetup(tiny_bundle).board
    with pytest.raises(SimulatedBusError, match="nothing answers at 0x43c00000"):
        pynq.MMIO(0x43C0_0000, 0x1000, device=board.device)


def test_no_bitstream_is_loaded_while_another_program_uses_the_logic(
    tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = PynqSetup(tiny_bundle)
    lock, other = (OwnerLock(tmp_path / "run" / "lock") for _ in range(2))
    monkeypatch.setattr(setup.board.fabric, "claim", lock.take)
    monkeypatch.setattr(setup.board.fabric, "release", lock.release)
    loads = setup.board.fabric.loads
    other.take()
    with pytest.raises(OverlayInUse, match="close that classifier first"):
        setup.board.load()
    assert setup.board.fabric.loads == loads
    assert setup.board.fabric.loaded_sha256() is not None
    other.release()
    setup.board.load()
    assert setup.board.fabric.loads == loads + 1
    setup.board.close()
    other.take()


def test_its_user_loads_it_again_and_stays_its_user(
    tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = PynqSetup(tiny_bundle)
    lock, other = (OwnerLock(tmp_path / "run" / "lock") for _ in range(2))
    monkeypatch.setattr(setup.board.fabric, "claim", lock.take)
    monkeypatch.setattr(setup.board.fabric, "release", lock.release)
    classifier = setup.classifier()
    setup.board.fabric.inject(SimulatedFault(FaultKind.HANG, times=1))
    with pytest.raises(DmaTimeout):
        classifier.scores(setup.bundle.golden_inputs[:1])
    assert other.why_taken() != ""  # a DMA that hangs may still write
    classifier.reload()
    assert (classifier.scores(setup.bundle.golden_inputs) == setup.bundle.golden_scores).all()
    assert other.why_taken() != ""
    classifier.close()
    assert other.why_taken() == ""


def test_without_a_board_loading_and_attaching_are_errors_that_say_why(tiny_bundle: Bundle, tmp_path: Path) -> None:
    built = PynqSetup(tiny_bundle).bundle
    pynq.Device.active_device = None
    manager = SysfsFpgaManager(tmp_path, tmp_path, tmp_path / "record")
    board = PynqBoard(built.folder / "overlay.bit", "ab" * 32, 100.0, manager)
    with pytest.raises(OverlayLoadDenied, match="may not write"):
        board.load()
    with pytest.raises(OverlayError, match="pynq cannot use it"):
        board.attach()
