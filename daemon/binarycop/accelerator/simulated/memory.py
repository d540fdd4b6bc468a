"""Memory as processor and DMA see it: two views of the same bytes that agree only after a flush or an invalidate.

The processor's cache (Cortex-A9, lines of 32 bytes) is as unkind as it may be: nothing that the processor writes
reaches the memory before a flush, and a line that it wrote without one is written back over what a DMA put there.
"""

import numpy as np
from numpy.typing import NDArray

_LINE = 32
_PAGE = 4096


class Memory:
    """A stretch of memory for DMA. base: its first address.

    Raises SimulatedBusError where a DMA leaves it.
    """

    def __init__(self, base: int = 0x1000_0000, size: int = 1 << 20, seed: int = 1) -> None:
        self.base, self._next = base, 0
        # What was never written is anything, and differs between the views.
        rng = np.random.default_rng(seed)
        self._dram = rng.integers(0, 256, size, dtype=np.uint8)
        self._cache = rng.integers(0, 256, size, dtype=np.uint8)
        self._clean = self._cache.copy()  # the processor's view when it last agreed with the memory

    def allocate(self, size: int) -> int:
        """Whole pages for so many bytes; returns their offset. What was given out long ago is given out again."""
        pages = -(-size // _PAGE) * _PAGE
        if self._next + pages > len(self._dram):
            self._next = 0
        offset, self._next = self._next, self._next + pages
        return offset

    def view(self, offset: int, size: int) -> NDArray[np.uint8]:
        """The processor's view, to read and write."""
        return self._cache[offset : offset + size]

    def offset_of(self, pointer: int) -> int:
        """The offset of a byte of the processor's view by its address in this process."""
        return pointer - int(self._cache.ctypes.data)

    def flush(self, offset: int, size: int) -> None:
        """Clean the cache's lines around these bytes."""
        lines = self._lines(offset, size)
        self._dram[lines] = self._clean[lines] = self._cache[lines]

    def invalidate(self, offset: int, size: int) -> None:
        """Drop the cache's lines around these bytes."""
        lines = self._lines(offset, size)
        self._cache[lines] = self._clean[lines] = self._dram[lines]

    def dma_read(self, address: int, size: int) -> NDArray[np.uint8]:
        """What a DMA gets."""
        where = self._range(address, size)
        return np.array(self._dram[where])

    def dma_write(self, address: int, data: NDArray[np.uint8]) -> None:
        """What a DMA puts; then the cache writes its dirty lines back."""
        where = self._range(address, len(data))
        self._dram[where] = data
        lines = self._lines(where.start, len(data))
        is_dirty = (self._cache[lines] != self._clean[lines]).reshape(-1, _LINE).any(axis=1)
        dirty = np.repeat(is_dirty, _LINE)
        self._dram[lines][dirty] = self._cache[lines][dirty]

    def _range(self, address: int, size: int) -> slice:
        offset = address - self.base
        if offset < 0 or offset + size > len(self._dram):
            raise SimulatedBusError(f"a DMA goes to 0x{address:x}, where there is no memory")
        return slice(offset, offset + size)

    @staticmethod
    def _lines(offset: int, size: int) -> slice:
        return slice(offset // _LINE * _LINE, -(-(offset + size) // _LINE) * _LINE)


class SimulatedBusError(Exception):
    """What would hang or kill the processor of a real board; no driver may ever cause it."""
