"""A camera that sends the same picture for ever looks alive, and must not open a gate."""

import zlib

import numpy as np
from numpy.typing import NDArray

_STRIDE_PX = 16


class FreezeDetector:
    """Tells whether a live picture has stood still, bit for bit, for ``frozen_s`` seconds.

    A sensor's noise makes two frames of the same scene differ, so equal ones mean a stuck driver, a
    stuck cable or a still fed in. A sample of every 16th pixel each way is compared first; only where
    that agrees is the whole picture's checksum. No picture is kept.
    """

    def __init__(self, frozen_s: float) -> None:
        self._frozen_s = frozen_s
        self._sample: NDArray[np.uint8] | None = None
        self._checksum: int | None = None
        self._since_s = 0.0

    def is_frozen(self, pixels: NDArray[np.uint8], now_s: float) -> bool:
        """See the next picture, (H, W, 3) uint8, taken at ``now_s``."""
        sample = pixels[::_STRIDE_PX, ::_STRIDE_PX]
        if self._sample is None or not np.array_equal(sample, self._sample):
            self._sample, self._checksum, self._since_s = sample.copy(), None, now_s
            return False
        checksum = zlib.crc32(np.ascontiguousarray(pixels).data)
        if self._checksum is None:
            # The first picture with this sample was not summed up, and this one counts as the same: that
            # errs by one frame, and towards frozen.
            self._checksum = checksum
        elif checksum != self._checksum:
            self._checksum, self._since_s = checksum, now_s
        return now_s - self._since_s >= self._frozen_s
