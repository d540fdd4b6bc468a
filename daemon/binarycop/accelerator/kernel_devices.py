"""The devices of ``uio`` as the kernel has them: mmap, and u-dma-buf's ioctls (its Readme; since its version 4.7).

Not its attributes in sysfs: those are root's, and read-only in the daemon's unit.
"""

import fcntl
import mmap
import os
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# u-dma-buf-ioctl.h: _IOR and _IOW of 'U', with a 64-bit argument
_GET_SIZE, _GET_ADDRESS = 0x80085502, 0x80085503
_FOR_CPU, _FOR_DEVICE = 0x40085505, 0x40085506
_TO_DEVICE, _FROM_DEVICE = 1, 2
_LINE = 32  # of a Cortex-A9's cache
_SIZE_MASK = 0xFFFFFFF0


class KernelDevices:
    """See ``Devices``."""

    def map_registers(self, device: Path, size: int) -> NDArray[np.uint32]:
        """See ``Devices.map_registers``: as an array, each of whose items is read and written in one access."""
        return np.frombuffer(_map(device, size), np.uint32)

    def open_memory(self, device: Path) -> "DmaMemory":
        """See ``Devices.open_memory``."""
        return DmaMemory(device)


class DmaMemory:
    """See ``SharedMemory``. Opened without O_SYNC, so that the processor's cache is used. Raises OSError."""

    def __init__(self, device: Path) -> None:
        self._descriptor = os.open(device, os.O_RDWR | os.O_CLOEXEC)
        self.address = self._ask(_GET_ADDRESS)
        self.view: NDArray[np.uint8] = np.frombuffer(mmap.mmap(self._descriptor, self._ask(_GET_SIZE)), np.uint8)

    def flush(self, offset: int, size: int) -> None:
        """See ``SharedMemory.flush``."""
        self._sync(_FOR_DEVICE, sync_argument(offset, size, _TO_DEVICE))

    def invalidate(self, offset: int, size: int) -> None:
        """See ``SharedMemory.invalidate``."""
        self._sync(_FOR_CPU, sync_argument(offset, size, _FROM_DEVICE))

    def _ask(self, request: int) -> int:
        (value,) = struct.unpack("=Q", fcntl.ioctl(self._descriptor, request, bytes(8)))
        return int(value)

    def _sync(self, request: int, value: int) -> None:
        fcntl.ioctl(self._descriptor, request, struct.pack("=Q", value))


def sync_argument(offset: int, size: int, direction: int) -> int:
    """The argument of a sync: offset, size in whole cache lines, direction (1 to the device, 2 from it), and go."""
    whole = -(-size // _LINE) * _LINE
    return offset << 32 | whole & _SIZE_MASK | direction << 2 | 1


def _map(device: Path, size: int) -> mmap.mmap:
    descriptor = os.open(device, os.O_RDWR | os.O_SYNC | os.O_CLOEXEC)
    try:
        return mmap.mmap(descriptor, size)
    finally:
        os.close(descriptor)
