"""Memory with a processor's cache: processor and DMA see the same bytes only after a flush or an invalidate.

The cache (Cortex-A9, lines of 32 bytes) is simulated at its worst. A DMA sees nothing that the processor writes before
a flush, and a line that the processor has written without a flush overwrites the data of a DMA.
"""

import numpy as np
from numpy.typing import NDArray

_LINE = 32
_PAGE = 4096


class Memory:
    """The memory for DMA. base: its first address. size: in bytes.

    Raises SimulatedBusError if a DMA uses an address outside of it.
    """

    def __init__(self, base: int = 0x1000_0000, size: int = 1 << 20, seed: int = 1) -> None:
        self.base, self._next = base, 0
        # Bytes that were never written are random, and different for processor and DMA.
        rng = np.random.default_rng(seed)
        self._dram = rng.integers(0, 256, size, dtype=np.uint8)
        self._cache = rng.integers(0, 256, size, dtype=np.uint8)
        self._clean = self._cache.copy()  # the processor's view when it last agreed with the memory

    def allocate(self, size: int) -> int:
        """Allocate whole pages for ``size`` bytes. Returns their offset. After the last page it begins again."""
        pages = -(-size // _PAGE) * _PAGE
        if self._next + pages > len(self._dram):
            self._next = 0
        offset, self._next = self._next, self._next + pages
        return offset

    def view(self, offset: int, size: int) -> NDArray[np.uint8]:
        """These bytes as the processor sees them, to read and write."""
        return self._cache[offset : offset + size]

    def offset_of(self, pointer: int) -> int:
        """The offset of a byte from its address in this process."""
        return pointer - int(self._cache.ctypes.data)

    def flush(self, offset: int, size: int) -> None:
        """Write the cache lines of these bytes to the memory."""
        lines = self._lines(offset, size)
        self._dram[lines] = self._clean[lines] = self._cache[lines]

    def invalidate(self, offset: int, size: int) -> None:
        """Drop the cache lines of these bytes."""
        lines = self._lines(offset, size)
        self._cache[lines] = self._clean[lines] = self._dram[lines]

    def dram(self) -> NDArray[np.uint8]:
        """All bytes as a DMA sees them, to read."""
        return self._dram

    def dma_read(self, address: int, size: int) -> NDArray[np.uint8]:
        """Read as a DMA does."""
        return np.array(self._dram[self._range(address, size)])

    def dma_write(self, address: int, data: NDArray[np.uint8]) -> None:
        """Write as a DMA does. Then the cache writes its dirty lines back."""
        target = self._range(address, len(data))
        self._dram[target] = data
        lines = self._lines(target.start, len(data))
        is_dirty = (self._cache[lines] != self._clean[lines]).reshape(-1, _LINE).any(axis=1)
        dirty = np.repeat(is_dirty, _LINE)
        self._dram[lines][dirty] = self._cache[lines][dirty]

    def _range(self, address: int, size: int) -> slice:
        offset = address - self.base
        if offset < 0 or offset + size > len(self._dram):
            raise SimulatedBusError(f"a DMA uses 0x{address:x}, where there is no memory")
        return slice(offset, offset + size)

    @staticmethod
    def _lines(offset: int, size: int) -> slice:
        return slice(offset // _LINE * _LINE, -(-(offset + size) // _LINE) * _LINE)


class SimulatedBusError(Exception):
    """An access that would hang the processor of a real board. No driver may ever make one."""
