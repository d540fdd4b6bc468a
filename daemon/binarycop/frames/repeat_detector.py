"""Detects pictures that a live source repeats. They prove nothing, and must not give a permission."""

import zlib
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from binarycop.pixels import Pixels, every

MEMORY = 1024
"""How many pictures are remembered: 34 s at 30 Hz."""
_STRIDE_PX = 16


class RepeatDetector:
    """Remembers checksums of the last 1024 different pictures of a live source, and nothing else of them.

    A sensor has noise, so no two of its pictures are equal. Equal pictures mean that the driver or the camera hangs, or
    that a film is played in a loop. A ring of more pictures than are remembered is not detected, nor is one with added
    noise.

    A new picture costs the checksum of a sample: every 16th pixel in both directions. A picture whose sample is known
    costs a checksum of all its pixels. The first picture with a sample has no such checksum, so the second picture with
    that sample counts as a repetition without proof: an error of one picture at most, on the safe side.
    """

    def __init__(self) -> None:
        self._number = 0
        # Checksum: number of the last picture that had it.
        self._samples = _Memory()
        self._pictures = _Memory()  # those whose sample was known
        self._unproven = _Memory()  # samples that have come once

    def distance(self, pixels: Pixels) -> int | None:
        """Take the next picture, (H, W, 3) uint8. Returns how many pictures ago it came before; None for a new one."""
        self._number += 1
        sample = _checksum(every(pixels, 0, 0, _STRIDE_PX), pixels.shape)
        before = self._samples.put(sample, self._number)
        if before is None:
            self._unproven.put(sample, self._number)
            return None
        unproven = self._unproven.pop(sample)
        same = self._pictures.put(_checksum(np.ascontiguousarray(pixels), pixels.shape), self._number)
        if same is None:
            same = unproven
        return None if same is None else self._number - same


class _Memory:
    """Numbers by checksum; the oldest of more than ``MEMORY`` is forgotten."""

    def __init__(self) -> None:
        self._numbers: OrderedDict[int, int] = OrderedDict()

    def put(self, checksum: int, number: int) -> int | None:
        """Remember this number; returns the one before."""
        before = self.pop(checksum)
        self._numbers[checksum] = number
        if len(self._numbers) > MEMORY:
            self._numbers.popitem(last=False)
        return before

    def pop(self, checksum: int) -> int | None:
        """Forget this checksum; returns its number."""
        return self._numbers.pop(checksum, None)


def _checksum(pixels: NDArray[np.uint8], shape: tuple[int, ...]) -> int:
    return zlib.crc32(pixels.data, zlib.crc32(repr(shape).encode()))
