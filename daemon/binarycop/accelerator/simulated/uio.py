"""The simulated board as a process without rights sees it: UIO and u-dma-buf, laid out as files, over a ``Fabric``."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from binarycop.accelerator.simulated import design
from binarycop.accelerator.simulated.fabric import Fabric, SimulatedFault
from binarycop.accelerator.simulated.iodma import SIZE
from binarycop.accelerator.simulated.memory import SimulatedBusError
from binarycop.accelerator.uio import MEMORY, UioBoard
from binarycop.bundle import hwh
from binarycop.bundle.check_build import BITSTREAM, HWH
from binarycop.bundle.files import Bundle
from binarycop.bundle.hwh import HardwareHandoff
from binarycop.clock import Clock

_GP0, _GP0_BYTES, _MEMORY_BYTES = 0x4000_0000, 0x1_0000, 0x1_0000
_DEVICE, _NAME = "uio0", "fabric"


@dataclass(frozen=True)
class DeviceFiles:
    """Where the devices lie: as /sys/class/uio, and as /dev."""

    sysfs: Path
    dev: Path


def create_device_files(folder: Path, base: int = _GP0, size: int = _GP0_BYTES) -> DeviceFiles:
    """A PYNQ-Z1's devices as files; base and size are the first mapping's."""
    layout = DeviceFiles(folder / "sys", folder / "dev")
    mapping = layout.sysfs / _DEVICE / "maps/map0"
    mapping.mkdir(parents=True)
    (mapping / "addr").write_text(f"0x{base:08x}\n", encoding="ascii")
    (mapping / "size").write_text(f"0x{size:08x}\n", encoding="ascii")
    (layout.sysfs / _DEVICE / "name").write_text(_NAME + "\n", encoding="ascii")
    layout.dev.mkdir()
    for name in (_DEVICE, MEMORY):
        (layout.dev / name).touch()
    return layout


class SimulatedDevices:
    """See ``Devices``; a device is there, and may be opened, where its file is. memory_bytes: u-dma-buf's."""

    def __init__(self, fabric: Fabric, overlay: HardwareHandoff, memory_bytes: int = _MEMORY_BYTES) -> None:
        self._fabric, self._overlay, self._memory_bytes = fabric, overlay, memory_bytes

    def map_registers(self, device: Path, size: int) -> "_Words":
        """See ``Devices.map_registers``."""
        device.open("r+b").close()
        return _Words(self._fabric, self._overlay, size)

    def open_memory(self, device: Path) -> "_Memory":
        """See ``Devices.open_memory``."""
        device.open("r+b").close()
        return _Memory(self._fabric, self._memory_bytes)


class _Words:
    """The registers of all IPs as one mapping of words."""

    def __init__(self, fabric: Fabric, overlay: HardwareHandoff, size: int) -> None:
        self._fabric, self._size = fabric, size
        self._names = {window.base: name for name, window in overlay.ranges.items()}

    def __getitem__(self, index: int) -> int:
        name, offset = self._at(index)
        return self._fabric.dma(name).read(offset)

    def __setitem__(self, index: int, value: int) -> None:
        name, offset = self._at(index)
        self._fabric.dma(name).write(offset, value)

    def _at(self, index: int) -> tuple[str, int]:
        offset = index * 4
        base = _GP0 + offset // SIZE * SIZE
        if not 0 <= offset < self._size or base not in self._names:
            raise SimulatedBusError(f"nothing answers at 0x{_GP0 + offset:x}")
        return self._names[base], offset % SIZE


class _Memory:
    """One device of u-dma-buf in the board's memory."""

    def __init__(self, fabric: Fabric, size: int) -> None:
        self._memory, self._first = fabric.memory, fabric.memory.allocate(size)
        self.view: NDArray[np.uint8] = self._memory.view(self._first, size)
        self.address = self._memory.base + self._first

    def flush(self, offset: int, size: int) -> None:
        self._memory.flush(self._first + offset, size)

    def invalidate(self, offset: int, size: int) -> None:
        self._memory.invalidate(self._first + offset, size)


class SimulatedUioBoard(UioBoard):
    """A ``Board`` of its own making: it boots, and its bundle's overlay is loaded as by ``load-overlay``."""

    def __init__(self, bundle: Bundle, clock: Clock, fault: SimulatedFault | None = None) -> None:
        self._folder = TemporaryDirectory(prefix="binarycop-")
        folder = Path(self._folder.name)
        self.bundle = design.write(folder, bundle)
        manifest = self.bundle.manifest
        self.fabric = Fabric(self.bundle, clock, fault)
        self.fabric.configure(manifest.sha256[BITSTREAM])
        self.fabric.record_loaded(manifest.sha256[BITSTREAM])
        overlay = hwh.read(folder / HWH)
        layout = create_device_files(folder)
        devices = SimulatedDevices(self.fabric, overlay)
        dmas = (manifest.input_dma, manifest.output_dma)
        super().__init__(overlay, manifest.clock_mhz, dmas, self.fabric, devices, layout.sysfs, layout.dev)

    def close(self) -> None:
        """See ``Board.close``."""
        super().close()
        self._folder.cleanup()
