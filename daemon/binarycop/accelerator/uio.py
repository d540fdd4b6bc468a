"""A ``Board`` for a process without root: registers through the kernel's UIO, buffers through u-dma-buf.

It never loads a bitstream: root has done so before (``binarycop load-overlay``). Registers: see the kernel's
Documentation/driver-api/uio-howto.rst; a PYNQ-Z1's device tree gives the 64 KiB at 0x40000000 to generic-uio. Buffers:
see github.com/ikwzm/udmabuf; one of its devices holds all of them. Not yet tried on a board.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from binarycop.accelerator.base import Buffer, FpgaManager, Registers
from binarycop.bundle.hwh import AddressRange, HardwareHandoff
from binarycop.errors import OverlayError, OverlayLoadDenied

SYSFS, DEV = Path("/sys/class/uio"), Path("/dev")
MEMORY = "udmabuf0"
_PAGE = 4096
_WORD = 4
_LOAD_MODULE = f"load the kernel module u-dma-buf with {MEMORY}=65536"


class RegisterWords(Protocol):
    """A mapping of registers as 32-bit words. A read can have side effects."""

    def __getitem__(self, index: int) -> int: ...

    def __setitem__(self, index: int, value: int) -> None: ...


class SharedMemory(Protocol):
    """One device of u-dma-buf: contiguous memory, cached by the processor. Offsets and sizes are in bytes."""

    @property
    def view(self) -> NDArray[np.uint8]:
        """The whole memory as the processor sees it."""

    @property
    def address(self) -> int:
        """The physical address of the first byte. A DMA uses it."""

    def flush(self, offset: int, size: int) -> None:
        """Write these bytes from the processor's cache to the memory. Raises OSError."""

    def invalidate(self, offset: int, size: int) -> None:
        """Drop these bytes from the processor's cache. Raises OSError."""


class Devices(Protocol):
    """Opens UIO devices and devices of u-dma-buf. ``kernel_devices`` opens the real ones."""

    def map_registers(self, device: Path, size: int) -> RegisterWords:
        """The first mapping of a UIO device, ``size`` bytes of it. Raises OSError."""

    def open_memory(self, device: Path) -> SharedMemory:
        """The memory of a device of u-dma-buf. Raises OSError."""


class UioBoard:
    """A ``Board`` that needs no root and cannot load.

    hardware: from the .hwh of the bundle's overlay. clock_mhz: the manifest's. dmas: the names of the IPs to use.
    sysfs, dev: the folders of the UIO devices' attributes and of the devices themselves.
    """

    def __init__(
        self,
        hardware: HardwareHandoff,
        clock_mhz: float,
        dmas: Iterable[str],
        manager: FpgaManager,
        devices: Devices,
        sysfs: Path = SYSFS,
        dev: Path = DEV,
    ) -> None:
        self.manager = manager
        self._clock_mhz, self._devices, self._sysfs, self._dev = clock_mhz, devices, sysfs, dev
        self._ranges = {name: hardware.ranges[name] for name in dmas}
        self._mapping_base = 0
        self._words: RegisterWords | None = None
        self._memory: SharedMemory | None = None
        self._allocated = 0

    def load(self) -> None:
        """Refuse, by OverlayLoadDenied: only root can load. The overlay's unit does so before the next start."""
        raise OverlayLoadDenied(
            "only root can load it (classifier.overlay.memory is uio); run binarycop load-overlay, then start again"
        )

    def attach(self) -> None:
        """See ``Board.attach``. Raises OverlayError if a device is missing, too small, or not for this user."""
        self._allocated = 0
        if self._words is not None:
            return
        first = min(registers.base for registers in self._ranges.values())
        end = max(registers.base + registers.size for registers in self._ranges.values())
        name, mapping = self._find(first, end)
        device, memory = self._dev / name, self._dev / MEMORY
        try:
            words = self._devices.map_registers(device, mapping.size)
        except OSError as error:
            raise OverlayError(f"{device}: {error.strerror}; {_remedy(error)}") from error
        try:
            self._memory = self._devices.open_memory(memory)
        except OSError as error:
            remedy = _LOAD_MODULE if isinstance(error, FileNotFoundError) else _remedy(error)
            raise OverlayError(f"{memory}: {error.strerror}; {remedy}") from error
        self._mapping_base, self._words = mapping.base, words

    def registers(self, name: str) -> Registers:
        """See ``Board.registers``."""
        if self._words is None or name not in self._ranges:
            raise OverlayError(f"there are no registers of {name}; attached are {', '.join(self._ranges)}")
        return _Registers(self._words, self._ranges[name], self._mapping_base)

    def allocate(self, shape: tuple[int, ...]) -> Buffer:
        """See ``Board.allocate``. It takes the next pages; ``attach`` begins again at the first one."""
        if self._memory is None:
            raise OverlayError(f"{self._dev / MEMORY} is not open")
        size, offset = int(np.prod(shape)), self._allocated
        available = len(self._memory.view)
        if offset + size > available:
            too_small = f"has {available} bytes, {offset + size} are needed"
            raise OverlayError(f"{self._dev / MEMORY} {too_small}; {_LOAD_MODULE}")
        self._allocated = offset + -(-size // _PAGE) * _PAGE
        return _SharedBuffer(self._memory, offset, shape)

    def clock_mhz(self) -> float:
        """The manifest's clock. Only root can read the real one; load-overlay does so before it leaves the record."""
        return self._clock_mhz

    def rest(self) -> None:
        """See ``Board.rest``. Only root can set the clock, so it stays as it is."""

    def wake(self) -> None:
        """See ``Board.wake``. The clock has not changed."""

    def close(self) -> None:
        """See ``Board.close``."""
        self._words = self._memory = None
        self.manager.release()

    def _find(self, first: int, end: int) -> tuple[str, AddressRange]:
        """The UIO device whose first mapping has the addresses from ``first`` to ``end``. Raises OverlayError."""
        others = []
        for folder in sorted(self._sysfs.glob("uio*")):
            # A device can disappear while it is read.
            with suppress(OSError, ValueError):
                name = (folder / "name").read_text(encoding="ascii").strip()
                base, size = (
                    int((folder / "maps/map0" / attribute).read_text(encoding="ascii"), 0)
                    for attribute in ("addr", "size")
                )
                if base <= first and end <= base + size:
                    return folder.name, AddressRange(base, size)
                others.append(f"{folder.name} ({name}) has {size} bytes at 0x{base:x}")
        needed = f"{end - first} bytes at 0x{first:x} are needed"
        raise OverlayError(f"no UIO device has the DMAs' registers: {'; '.join(others) or 'there is none'}; {needed}")


class _Registers:
    """The registers of one IP, in a mapping that begins at the address ``mapping_base``."""

    def __init__(self, words: RegisterWords, registers: AddressRange, mapping_base: int) -> None:
        self._words, self._start = words, registers.base - mapping_base

    def read(self, offset: int) -> int:
        """See ``Registers.read``."""
        return int(self._words[(self._start + offset) // _WORD])

    def write(self, offset: int, value: int) -> None:
        """See ``Registers.write``."""
        self._words[(self._start + offset) // _WORD] = value


class _SharedBuffer:
    """A ``Buffer`` at an offset in shared memory."""

    def __init__(self, memory: SharedMemory, offset: int, shape: tuple[int, ...]) -> None:
        self._memory, self._offset = memory, offset
        self.bytes: NDArray[np.uint8] = memory.view[offset : offset + int(np.prod(shape))].reshape(shape)
        self.address = memory.address + offset

    def flush(self, count: int) -> None:
        """See ``Buffer.flush``. Raises OverlayError."""
        try:
            self._memory.flush(self._offset, self.bytes[:count].nbytes)
        except OSError as error:
            raise OverlayError(f"the cache cannot be flushed: {error.strerror}") from error

    def invalidate(self, count: int) -> None:
        """See ``Buffer.invalidate``. Raises OverlayError."""
        try:
            self._memory.invalidate(self._offset, self.bytes[:count].nbytes)
        except OSError as error:
            raise OverlayError(f"the cache cannot be invalidated: {error.strerror}") from error


def _remedy(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "the user needs its group binarycop (70-binarycop.rules), the unit its DeviceAllow="
    return "there is no other way to reach the device"
