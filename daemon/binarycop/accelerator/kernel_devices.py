"""The ``Devices`` of the kernel: registers through mmap of UIO, memory through mmap and ioctls of u-dma-buf.

u-dma-buf has these ioctls since version 4.7 (its Readme). Its attributes in sysfs do the same, but only root can write
them, and they are read-only in the daemon's unit.
"""

import fcntl
import mmap
import os
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# From u-dma-buf-ioctl.h: _IOR and _IOW of 'U', with an argument of 64 bits.
_GET_SIZE, _GET_ADDRESS = 0x80085502, 0x80085503
_FOR_CPU, _FOR_DEVICE = 0x40085505, 0x40085506
_TO_DEVICE, _FROM_DEVICE = 1, 2
_CACHE_LINE = 32  # bytes, of a Cortex-A9
_SIZE_MASK = 0xFFFFFFF0


class KernelDevices:
    """Opens devices of the kernel, see ``Devices``."""

    def map_registers(self, device: Path, size: int) -> NDArray[np.uint32]:
        """See ``Devices.map_registers``. numpy reads and writes an item of this array in one access."""
        return np.frombuffer(_map(device, size), np.uint32)

    def open_memory(self, device: Path) -> "DmaMemory":
        """See ``Devices.open_memory``."""
        return DmaMemory(device)


class DmaMemory:
    """One device of u-dma-buf, see ``SharedMemory``. Raises OSError.

    It is opened without O_SYNC, so that the processor's cache is used.
    """

    def __init__(self, device: Path) -> None:
        self._descriptor = os.open(device, os.O_RDWR | os.O_CLOEXEC)
        self.address = self._get(_GET_ADDRESS)
        self.view: NDArray[np.uint8] = np.frombuffer(mmap.mmap(self._descriptor, self._get(_GET_SIZE)), np.uint8)

    def flush(self, offset: int, size: int) -> None:
        """See ``SharedMemory.flush``."""
        self._sync(_FOR_DEVICE, sync_argument(offset, size, _TO_DEVICE))

    def invalidate(self, offset: int, size: int) -> None:
        """See ``SharedMemory.invalidate``."""
        self._sync(_FOR_CPU, sync_argument(offset, size, _FROM_DEVICE))

    def _get(self, request: int) -> int:
        (value,) = struct.unpack("=Q", fcntl.ioctl(self._descriptor, request, bytes(8)))
        return int(value)

    def _sync(self, request: int, argument: int) -> None:
        fcntl.ioctl(self._descriptor, request, struct.pack("=Q", argument))


def sync_argument(offset: int, size: int, direction: int) -> int:
    """The argument of u-dma-buf's sync ioctls.

    offset, size: in bytes; the size is rounded up to whole cache lines. direction: 1 to the device, 2 from it.
    """
    rounded = -(-size // _CACHE_LINE) * _CACHE_LINE
    return offset << 32 | rounded & _SIZE_MASK | direction << 2 | 1


def _map(device: Path, size: int) -> mmap.mmap:
    descriptor = os.open(device, os.O_RDWR | os.O_SYNC | os.O_CLOEXEC)
    try:
        return mmap.mmap(descriptor, size)
    finally:
        os.close(descriptor)
