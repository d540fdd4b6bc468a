"""The simulated board for a process without root: UIO and u-dma-buf as files in a folder, on a ``Fabric``."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from binarycop.accelerator import dma_window
from binarycop.accelerator.simulated import design
from binarycop.accelerator.simulated.iodma import SIZE
from binarycop.accelerator.simulated.logic import Logic, MakeLogic
from binarycop.accelerator.simulated.memory import SimulatedBusError
from binarycop.accelerator.uio import MEMORY, UioBoard
from binarycop.bundle import hwh
from binarycop.bundle.build_files import BITSTREAM, HWH
from binarycop.bundle.files import Bundle
from binarycop.bundle.hwh import AddressRange, HardwareHandoff

_GP0_BYTES, _MEMORY_BYTES = 0x1_0000, 0x1_0000
_DEVICE, _NAME = "uio0", "fabric"


@dataclass(frozen=True)
class DeviceFiles:
    """The folders of simulated devices. sysfs: like /sys/class/uio. dev: like /dev."""

    sysfs: Path
    dev: Path


def create_device_files(folder: Path, base: int = design.GP0, size: int = _GP0_BYTES) -> DeviceFiles:
    """Make the devices of a PYNQ-Z1 as files. base, size: of the UIO device's first mapping, in bytes."""
    files = DeviceFiles(folder / "sys", folder / "dev")
    mapping = files.sysfs / _DEVICE / "maps/map0"
    mapping.mkdir(parents=True)
    (mapping / "addr").write_text(f"0x{base:08x}\n", encoding="ascii")
    (mapping / "size").write_text(f"0x{size:08x}\n", encoding="ascii")
    (files.sysfs / _DEVICE / "name").write_text(_NAME + "\n", encoding="ascii")
    files.dev.mkdir()
    for name in (_DEVICE, MEMORY):
        (files.dev / name).touch()
    return files


class SimulatedDevices:
    """Opens simulated devices, see ``Devices``. A device exists, and can be opened, if its file can.

    hardware: from the .hwh. memory_bytes: the size of u-dma-buf's memory.
    """

    def __init__(self, fabric: Logic, hardware: HardwareHandoff, memory_bytes: int = _MEMORY_BYTES) -> None:
        self._fabric, self._hardware, self._memory_bytes = fabric, hardware, memory_bytes

    def map_registers(self, device: Path, size: int) -> "_Words":
        """See ``Devices.map_registers``."""
        device.open("r+b").close()
        return _Words(self._fabric, self._hardware, size)

    def open_memory(self, device: Path) -> "_Memory":
        """See ``Devices.open_memory``."""
        device.open("r+b").close()
        return _Memory(self._fabric, self._memory_bytes)


class _Words:
    """The registers of all IPs as one mapping of words."""

    def __init__(self, fabric: Logic, hardware: HardwareHandoff, size: int) -> None:
        self._fabric, self._size = fabric, size
        self._names = {registers.base: name for name, registers in hardware.ranges.items()}

    def __getitem__(self, index: int) -> int:
        name, offset = self._locate(index)
        return self._fabric.dma(name).read(offset)

    def __setitem__(self, index: int, value: int) -> None:
        name, offset = self._locate(index)
        self._fabric.dma(name).write(offset, value)

    def _locate(self, index: int) -> tuple[str, int]:
        offset = index * 4
        base = design.GP0 + offset // SIZE * SIZE
        if not 0 <= offset < self._size or base not in self._names:
            raise SimulatedBusError(f"nothing answers at 0x{design.GP0 + offset:x}")
        return self._names[base], offset % SIZE


class _Memory:
    """The memory of a device of u-dma-buf."""

    def __init__(self, fabric: Logic, size: int) -> None:
        self._memory, self._start = fabric.memory, fabric.memory.allocate(size)
        self.view: NDArray[np.uint8] = self._memory.view(self._start, size)
        self.address = self._memory.base + self._start

    def flush(self, offset: int, size: int) -> None:
        self._memory.flush(self._start + offset, size)

    def invalidate(self, offset: int, size: int) -> None:
        self._memory.invalidate(self._start + offset, size)


class SimulatedUioBoard(UioBoard):
    """A simulated ``UioBoard``. It loads the bundle's build, or a placeholder, as ``load-overlay`` does.

    bundle: if it has a build, that agrees with it (``check_build.check``). make_logic: as of ``SimulatedBoard``. Raises
    OverlayError.
    """

    def __init__(self, bundle: Bundle, make_logic: MakeLogic) -> None:
        self._folder = TemporaryDirectory(prefix="binarycop-")
        folder = Path(self._folder.name)
        self.bundle = design.with_build(folder, bundle)
        manifest = self.bundle.manifest
        self.fabric = make_logic(self.bundle)
        self.fabric.configure((self.bundle.folder / BITSTREAM).read_bytes())
        memory = AddressRange(self.fabric.memory.base, len(self.fabric.memory.dram()))
        for registers in (self.fabric.dma(name) for name in self.fabric.dmas):
            if dma_window.has_window(registers):
                dma_window.set_window(registers, memory, lock=True)
        self.fabric.record_loaded(manifest.sha256[BITSTREAM])
        hardware = hwh.read(self.bundle.folder / HWH)
        files = create_device_files(folder)
        devices = SimulatedDevices(self.fabric, hardware)
        dmas = (manifest.input_dma, manifest.output_dma)
        super().__init__(hardware, manifest.clock_mhz, dmas, self.fabric, devices, files.sysfs, files.dev)

    def close(self) -> None:
        """See ``Board.close``."""
        super().close()
        self.fabric.close()
        self._folder.cleanup()
