"""Detects a live source that sends the same picture again and again. It must not give a permission."""

import zlib

import numpy as np
from numpy.typing import NDArray

_STRIDE_PX = 16


class FreezeDetector:
    """Tells whether a live source has sent identical pictures for ``frozen_s`` seconds.

    A sensor has noise, so two frames of one scene differ. Identical frames mean that the driver or the camera hangs,
    or that a still is fed in. Every 16th pixel in both directions is compared first; if these are equal, a checksum of
    the whole picture. Only these pixels and the checksum are kept.
    """

    def __init__(self, frozen_s: float) -> None:
        self._frozen_s = frozen_s
        self._sample: NDArray[np.uint8] | None = None
        self._checksum: int | None = None
        self._since_s = 0.0

    def is_frozen(self, pixels: NDArray[np.uint8], now_s: float) -> bool:
        """Take the next picture, (H, W, 3) uint8, captured at ``now_s``; returns whether the source is frozen."""
        sample = pixels[::_STRIDE_PX, ::_STRIDE_PX]
        if self._sample is None or not np.array_equal(sample, self._sample):
            self._sample, self._checksum, self._since_s = sample.copy(), None, now_s
            return False
        checksum = zlib.crc32(np.ascontiguousarray(pixels).data)
        if self._checksum is None:
            # The first picture with this sample has no checksum. This one counts as identical to it: an error of one
            # frame at most, on the safe side.
            self._checksum = checksum
        elif checksum != self._checksum:
            self._checksum, self._since_s = checksum, now_s
        return now_s - self._since_s >= self._frozen_s
