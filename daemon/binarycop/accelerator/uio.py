"""A board for a process without rights: registers through the kernel's UIO, buffers through u-dma-buf.

Root has loaded the bitstream (``binarycop load-overlay``); this takes up what is loaded, and never loads.
Registers: Documentation/driver-api/uio-howto.rst; a PYNQ-Z1's device tree gives FINN's 64 KiB at 0x40000000 to
generic-uio. Buffers: github.com/ikwzm/udmabuf, one of its devices for all that is allocated. Never tried on a board.
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
    """A mapping of registers as 32-bit words; reading may have side effects."""

    def __getitem__(self, index: int) -> int: ...

    def __setitem__(self, index: int, value: int) -> None: ...


class SharedMemory(Protocol):
    """One device of u-dma-buf: contiguous memory behind the processor's cache. All sizes and offsets in bytes."""

    @property
    def view(self) -> NDArray[np.uint8]:
        """All of it, as the processor sees it."""

    @property
    def address(self) -> int:
        """Where a DMA finds its first byte."""

    def flush(self, offset: int, size: int) -> None:
        """Let a DMA see what was written. Raises OSError."""

    def invalidate(self, offset: int, size: int) -> None:
        """See what a DMA wrote. Raises OSError."""


class Devices(Protocol):
    """Opens the two kinds of device; ``kernel_devices`` supplies the real ones."""

    def map_registers(self, device: Path, size: int) -> RegisterWords:
        """The first mapping of a UIO device. Raises OSError."""

    def open_memory(self, device: Path) -> SharedMemory:
        """A device of u-dma-buf. Raises OSError."""


class UioBoard:
    """See ``Board``. handoff: of the bundle's overlay; clock_mhz: its manifest's; dmas: the IPs to be reached."""

    def __init__(
        self,
        handoff: HardwareHandoff,
        clock_mhz: float,
        dmas: Iterable[str],
        manager: FpgaManager,
        devices: Devices,
        sysfs: Path = SYSFS,
        dev: Path = DEV,
    ) -> None:
        self.manager = manager
        self._clock_mhz, self._devices, self._sysfs, self._dev = clock_mhz, devices, sysfs, dev
        self._windows = {name: handoff.ranges[name] for name in dmas}
        self._first = 0
        self._words: RegisterWords | None = None
        self._memory: SharedMemory | None = None
        self._given = 0

    def load(self) -> None:
        """Raises OverlayLoadDenied: systemd has root do it before the next start."""
        raise OverlayLoadDenied(
            "it is loaded by root only (classifier.overlay.memory is uio); run binarycop load-overlay, then start anew"
        )

    def attach(self) -> None:
        """See ``Board.attach``. Raises OverlayError where the devices are missing, too small, or not for this user."""
        self._given = 0
        if self._words is not None:
            return
        lowest = min(one.base for one in self._windows.values())
        end = max(one.base + one.size for one in self._windows.values())
        name, window = self._find(lowest, end)
        device, memory = self._dev / name, self._dev / MEMORY
        try:
            words = self._devices.map_registers(device, window.size)
        except OSError as error:
            raise OverlayError(f"{device}: {error.strerror}; {_remedy(error)}") from error
        try:
            self._memory = self._devices.open_memory(memory)
        except OSError as error:
            remedy = _LOAD_MODULE if isinstance(error, FileNotFoundError) else _remedy(error)
            raise OverlayError(f"{memory}: {error.strerror}; {remedy}") from error
        self._first, self._words = window.base, words

    def registers(self, name: str) -> Registers:
        """See ``Board.registers``."""
        if self._words is None or name not in self._windows:
            raise OverlayError(f"there are no registers of {name}; attached are {', '.join(self._windows)}")
        return _Registers(self._words, self._windows[name], self._first)

    def allocate(self, shape: tuple[int, ...]) -> Buffer:
        """See ``BufferAllocator.allocate``: the next pages. What was given before ``attach`` is given anew after it."""
        if self._memory is None:
            raise OverlayError(f"{self._dev / MEMORY} is not open")
        size, offset = int(np.prod(shape)), self._given
        there = len(self._memory.view)
        if offset + size > there:
            few = f"has {there} bytes, {offset + size} are needed"
            raise OverlayError(f"{self._dev / MEMORY} {few}; {_LOAD_MODULE}")
        self._given = offset + -(-size // _PAGE) * _PAGE
        return _SharedBuffer(self._memory, offset, shape)

    def clock_mhz(self) -> float:
        """What load-overlay set, and read back before it noted the bitstream: this process may not ask the hardware."""
        return self._clock_mhz

    def close(self) -> None:
        """See ``Board.close``."""
        self._words = self._memory = None

    def _find(self, lowest: int, end: int) -> tuple[str, AddressRange]:
        """The UIO device whose first mapping has these addresses. Raises OverlayError."""
        there = []
        for folder in sorted(self._sysfs.glob("uio*")):
            # A device may go while it is looked at.
            with suppress(OSError, ValueError):
                name = (folder / "name").read_text(encoding="ascii").strip()
                base, size = (
                    int((folder / "maps/map0" / one).read_text(encoding="ascii"), 0) for one in ("addr", "size")
                )
                if base <= lowest and end <= base + size:
                    return folder.name, AddressRange(base, size)
                there.append(f"{folder.name} ({name}) has {size} bytes at 0x{base:x}")
        wanted = f"wanted is one with {end - lowest} bytes at 0x{lowest:x}"
        raise OverlayError(f"no UIO device has the DMAs' registers: {'; '.join(there) or 'there is none'}; {wanted}")


class _Registers:
    """One IP's registers in a mapping that begins at ``first``."""

    def __init__(self, words: RegisterWords, window: AddressRange, first: int) -> None:
        self._words, self._at, self._size = words, window.base - first, window.size

    def read(self, offset: int) -> int:
        """See ``Registers.read``."""
        return int(self._words[(self._at + offset) // _WORD])

    def write(self, offset: int, value: int) -> None:
        """See ``Registers.write``."""
        self._words[(self._at + offset) // _WORD] = value


class _SharedBuffer:
    """A ``Buffer`` in a shared memory."""

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
    return "no other way to it is tried"
