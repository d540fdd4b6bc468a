"""A raw picture of a camera in a packed 4:2:2 format, such as YUYV; only the parts that are read are converted.

Two neighbours share four bytes. Converting all of a frame costs the board more than tracking, cutting and classifying a
face, and only the detector needs all of it, in its own thread.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PackedCodes:
    """OpenCV's conversions of such lines: to BGR, and to BGR with a fourth byte."""

    bgr: int
    bgra: int


CODES = {
    "YUYV": PackedCodes(cv2.COLOR_YUV2BGR_YUY2, cv2.COLOR_YUV2BGRA_YUY2),
    "UYVY": PackedCodes(cv2.COLOR_YUV2BGR_UYVY, cv2.COLOR_YUV2BGRA_UYVY),
    "YVYU": PackedCodes(cv2.COLOR_YUV2BGR_YVYU, cv2.COLOR_YUV2BGRA_YVYU),
}


class PackedPicture:
    """See ``RawPicture``.

    lines: (H, W, 2) uint8, contiguous; W is even. It is kept, and nobody may write into it.
    """

    def __init__(self, lines: NDArray[np.uint8], codes: PackedCodes) -> None:
        self._lines, self._codes = lines, codes
        height, width, _ = lines.shape
        self.shape = height, width, 3

    def __getitem__(self, part: tuple[slice, slice], /) -> NDArray[np.uint8]:
        """See ``RawPicture``."""
        rows, columns = part
        left, right, _ = columns.indices(self.shape[1])
        begin, end = left - left % 2, right + right % 2  # whole pairs
        bgr = cv2.cvtColor(self._lines[rows, begin:end], self._codes.bgr)
        return np.asarray(bgr, np.uint8)[:, left - begin : right - begin]

    def every(self, top: int, left: int, step: int) -> NDArray[np.uint8]:
        """See ``binarycop.pixels.every``; the fourth byte is 255."""
        height, width, _ = self.shape
        all_pairs: NDArray[np.uint32] = self._lines.reshape(height, -1).view(np.uint32)
        columns = np.arange(left, width, step)
        # An even step always takes the same pixel of a pair, and a slice costs less than a list of columns.
        chosen = all_pairs[top::step][:, columns // 2] if step % 2 else all_pairs[top::step, left // 2 :: step // 2]
        pairs = np.ascontiguousarray(chosen)
        both = cv2.cvtColor(pairs.view(np.uint8).reshape(len(pairs), -1, 2), self._codes.bgra)
        words = np.asarray(both, np.uint8).view(np.uint32).reshape(len(pairs), -1, 2)
        wanted = words[:, np.arange(len(columns)), columns % 2] if step % 2 else words[..., left % 2]
        return np.ascontiguousarray(wanted)[..., None].view(np.uint8)

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[np.uint8]:
        """See ``RawPicture``; it is converted once."""
        return self._whole

    @cached_property
    def _whole(self) -> NDArray[np.uint8]:
        return np.asarray(cv2.cvtColor(self._lines, self._codes.bgr), np.uint8)
