"""The accelerator without root, on simulated devices: the same scores, and an error that names what is missing."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from binarycop.accelerator.finn_classifier import FinnClassifier
from binarycop.accelerator.kernel_devices import KernelDevices, sync_argument
from binarycop.accelerator.owner_lock import OwnerLock
from binarycop.accelerator.simulated import design
from binarycop.accelerator.simulated.fabric import Fabric
from binarycop.accelerator.simulated.logic import SimulatedFault
from binarycop.accelerator.simulated.memory import SimulatedBusError
from binarycop.accelerator.simulated.uio import DeviceFiles, SimulatedDevices, SimulatedUioBoard, create_device_files
from binarycop.accelerator.uio import UioBoard
from binarycop.bundle import hwh
from binarycop.bundle.build_files import BITSTREAM, HWH
from binarycop.bundle.files import Bundle
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.golden import check_golden
from binarycop.clock import ManualClock
from binarycop.errors import DmaTimeout, OverlayError, OverlayLoadDenied, OverlayMissing
from binarycop.settings.classifier import FaultKind


class UioSetup:
    """Devices in a folder, a fabric for them, and a clock that only the driver's sleep advances."""

    def __init__(self, bundle: Bundle, folder: Path, *, size: int = 0x10000, base: int = 0x40000000) -> None:
        self.bundle = design.write(folder, bundle)
        self.clock = ManualClock()
        self.fabric = Fabric(self.bundle, self.clock)
        self.fabric.configure((self.bundle.folder / BITSTREAM).read_bytes())
        self.fabric.record_loaded(self.bundle.manifest.sha256[BITSTREAM])
        self.files: DeviceFiles = create_device_files(folder / "devices", base, size)
        self.memory_bytes = 0x10000

    def board(self, kind: type[SimulatedDevices] = SimulatedDevices) -> UioBoard:
        manifest, hardware = self.bundle.manifest, hwh.read(self.bundle.folder / HWH)
        devices = kind(self.fabric, hardware, self.memory_bytes)
        dmas = (manifest.input_dma, manifest.output_dma)
        files = self.files
        return UioBoard(hardware, manifest.clock_mhz, dmas, self.fabric, devices, files.sysfs, files.dev)

    def classifier(self) -> FinnClassifier:
        return FinnClassifier(self.bundle, self.board(), self.clock, self.sleep, 0.1)

    def sleep(self, seconds: float) -> None:
        self.clock.advance_to(self.clock.now_s() + seconds)


@pytest.fixture
def simulated(tiny_bundle: Bundle, tmp_path: Path) -> UioSetup:
    return UioSetup(tiny_bundle, tmp_path)


@pytest.mark.parametrize("count", [0, 1, 16, 40])
def test_its_scores_are_those_of_the_emulator(simulated: UioSetup, count: int) -> None:
    crops = np.random.default_rng(3).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    classifier = simulated.classifier()
    for _ in range(3):
        assert (classifier.scores(crops) == Emulator(simulated.bundle).scores(crops)).all()


def test_the_board_of_the_settings_reproduces_the_golden_vectors(tiny_bundle: Bundle) -> None:
    clock = ManualClock()
    board = SimulatedUioBoard(tiny_bundle, lambda built: Fabric(built, clock))
    classifier = FinnClassifier(board.bundle, board, clock, lambda _: None, 0.1)
    assert check_golden(board.bundle, classifier) == len(tiny_bundle.golden_inputs)
    classifier.close()
    classifier.close()


def test_a_dma_that_hangs_is_an_error_within_its_deadline(simulated: UioSetup) -> None:
    classifier = simulated.classifier()
    simulated.fabric.inject(SimulatedFault(FaultKind.HANG))
    begun_s = simulated.clock.now_s()
    with pytest.raises(DmaTimeout):
        classifier.scores(np.zeros((1, 32, 32, 3), np.uint8))
    assert 0.1 <= simulated.clock.now_s() - begun_s < 0.101


def test_it_is_the_only_user_of_the_accelerator_until_it_is_closed(
    simulated: UioSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, other = (OwnerLock(tmp_path / "run" / "lock") for _ in range(2))
    monkeypatch.setattr(simulated.fabric, "claim", lock.take)
    monkeypatch.setattr(simulated.fabric, "release", lock.release)
    classifier = simulated.classifier()
    assert other.why_taken() == "this process is using it already; close that classifier first"
    classifier.close()
    classifier.close()
    assert other.why_taken() == ""


def test_it_cannot_load(simulated: UioSetup) -> None:
    classifier = simulated.classifier()
    with pytest.raises(
        OverlayLoadDenied, match=r"only root can load it .* run binarycop load-overlay, then start again"
    ):
        classifier.reload()
    assert simulated.fabric.loads == 1


def test_an_overlay_that_is_not_loaded_is_an_error_before_a_register_is_accessed(simulated: UioSetup) -> None:
    simulated.fabric.record_loaded(None)
    with pytest.raises(OverlayMissing, match="none is loaded; run binarycop load-overlay"):
        simulated.classifier()


def test_a_lost_overlay_is_an_error(simulated: UioSetup) -> None:
    classifier = simulated.classifier()
    simulated.fabric.inject(SimulatedFault(FaultKind.LOSE))
    with pytest.raises(OverlayMissing, match="no longer configured"):
        classifier.scores(np.zeros((1, 32, 32, 3), np.uint8))


@pytest.mark.parametrize(
    ("base", "size", "message"),
    [
        (
            0x40000000,
            0x1000,
            r"uio0 \(fabric\) has 4096 bytes at 0x40000000; 8192 bytes at 0x40000000 are needed",
        ),
        (0x43C00000, 0x10000, "has 65536 bytes at 0x43c00000"),
    ],
)
def test_a_uio_device_with_other_addresses_is_named(
    tiny_bundle: Bundle, tmp_path: Path, base: int, size: int, message: str
) -> None:
    with pytest.raises(OverlayError, match=message):
        UioSetup(tiny_bundle, tmp_path, base=base, size=size).classifier()


def test_without_a_uio_device_the_error_says_so(simulated: UioSetup) -> None:
    (simulated.files.sysfs / "uio0" / "name").unlink()
    with pytest.raises(
        OverlayError, match="no UIO device has the DMAs' registers: there is none; 8192 bytes at 0x40000000 are needed"
    ):
        simulated.classifier()


def test_a_missing_memory_device_names_the_kernel_module(simulated: UioSetup) -> None:
    (simulated.files.dev / "udmabuf0").unlink()
    with pytest.raises(
        OverlayError, match="udmabuf0: No such file or directory; load the kernel module u-dma-buf with"
    ):
        simulated.classifier()


def test_a_memory_that_is_too_small_is_an_error_with_the_size_that_is_needed(simulated: UioSetup) -> None:
    simulated.memory_bytes = 0x4000
    with pytest.raises(OverlayError, match=r"udmabuf0 has 16384 bytes, 52224 are needed; load .* udmabuf0=65536"):
        simulated.classifier()


def test_both_buffers_fit_in_the_size_that_the_message_names(simulated: UioSetup) -> None:
    simulated.memory_bytes = 65536
    assert len(simulated.classifier().scores(np.zeros((16, 32, 32, 3), np.uint8))) == 16


@pytest.mark.parametrize("name", ["uio0", "udmabuf0"])
def test_a_device_that_this_user_may_not_open_is_an_error_that_names_the_group(simulated: UioSetup, name: str) -> None:
    class Closed(SimulatedDevices):
        """Root may open everything, so the refusal is simulated."""

        def map_registers(self, device: Path, size: int) -> Any:
            self._refuse(device)
            return super().map_registers(device, size)

        def open_memory(self, device: Path) -> Any:
            self._refuse(device)
            return super().open_memory(device)

        def _refuse(self, device: Path) -> None:
            if device.name == name:
                raise PermissionError(13, "Permission denied")

    board = simulated.board(Closed)
    with pytest.raises(OverlayError, match=f"{name}: Permission denied; the user needs its group binarycop"):
        board.attach()


def test_registers_outside_the_overlay_are_refused(simulated: UioSetup) -> None:
    board = simulated.board()
    with pytest.raises(OverlayError, match="no registers of idma0"):
        board.registers("idma0")
    board.attach()
    with pytest.raises(OverlayError, match="no registers of idma7; attached are"):
        board.registers("idma7")
    name = simulated.bundle.manifest.input_dma
    with pytest.raises(SimulatedBusError):
        board.registers(name).read(0x8000)


@pytest.mark.parametrize(
    ("offset", "size", "direction", "value"),
    [
        (0, 0x10000, 0, 0x0000000000010001),
        (0x1000, 0x40, 1, 0x0000100000000045),
        (0x1000, 33, 2, 0x0000100000000049),
    ],
)
def test_the_argument_of_a_sync_is_that_of_u_dma_bufs_readme(
    offset: int, size: int, direction: int, value: int
) -> None:
    assert sync_argument(offset, size, direction) == value


def test_the_registers_of_a_uio_device_are_words_of_its_mapping(tmp_path: Path) -> None:
    file = tmp_path / "uio0"
    file.write_bytes(bytes(4) + (0x11223344).to_bytes(4, "little") + bytes(4088))
    words = KernelDevices().map_registers(file, 4096)
    assert int(words[1]) == 0x11223344
    words[2] = 7
    assert file.read_bytes()[8] == 7


def test_a_file_that_is_no_device_of_u_dma_buf_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "udmabuf0").touch()
    with pytest.raises(OSError, match="Inappropriate ioctl"):
        KernelDevices().open_memory(tmp_path / "udmabuf0")
    assert os.listdir(tmp_path) == ["udmabuf0"]
