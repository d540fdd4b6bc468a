"""A raw picture of a camera in NV12 or NV21; only the parts that are read are converted, see ``packed_picture``.

The brightness of all pixels comes first, then a pair of colour differences for each square of two by two pixels.
"""

from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.frames.packed_picture import CODES as PACKED_CODES
from binarycop.frames.packed_picture import PackedCodes

# OpenCV's conversion of the whole, and those of a packed picture with the same order of colours.
CODES = {
    "NV12": (cv2.COLOR_YUV2BGR_NV12, PACKED_CODES["YUYV"]),
    "NV21": (cv2.COLOR_YUV2BGR_NV21, PACKED_CODES["YVYU"]),
}


class SemiPlanarPicture:
    """See ``RawPicture``.

    lines: (H + H/2, W) uint8, contiguous; H and W are even. It is kept, and nobody may write into it.
    """

    def __init__(self, lines: NDArray[np.uint8], codes: tuple[int, PackedCodes]) -> None:
        height, width = 2 * len(lines) // 3, lines.shape[1]
        self._lines, (self._code, self._packed) = lines, codes
        self._bright, self._colours = lines[:height], lines[height:]
        self.shape = height, width, 3

    def __getitem__(self, part: tuple[slice, slice], /) -> NDArray[np.uint8]:
        """See ``RawPicture``."""
        (top, bottom, _), (left, right, _) = (one.indices(side) for one, side in zip(part, self.shape))
        y, x = top - top % 2, left - left % 2  # whole squares
        below, beside = bottom + bottom % 2, right + right % 2
        lines = np.concatenate([self._bright[y:below, x:beside], self._colours[y // 2 : below // 2, x:beside]])
        bgr = np.asarray(cv2.cvtColor(lines, self._code), np.uint8)
        return bgr[top - y : bottom - y, left - x : right - x]

    def every(self, top: int, left: int, step: int) -> NDArray[np.uint8]:
        """See ``binarycop.pixels.every``; the fourth byte is 255."""
        height, width, _ = self.shape
        bright, pairs = self._bright[top::step, left::step], self._colours.view(np.uint16)
        if step % 2:
            pairs = pairs[np.arange(top, height, step) // 2][:, np.arange(left, width, step) // 2]
        else:
            pairs = pairs[top // 2 :: step // 2, left // 2 :: step // 2]
        colours = np.ascontiguousarray(pairs).view(np.uint8).reshape(*pairs.shape, 2)
        # As packed pairs, of which the first one counts. OpenCV computes both formats alike.
        packed = np.empty((*bright.shape, 4), np.uint8)
        packed[..., 0], packed[..., 2] = bright, bright
        packed[..., 1], packed[..., 3] = colours[..., 0], colours[..., 1]
        both = cv2.cvtColor(packed.reshape(len(packed), -1, 2), self._packed.bgra)
        words = np.asarray(both, np.uint8).view(np.uint32).reshape(*bright.shape, 2)
        return np.ascontiguousarray(words[..., 0])[..., None].view(np.uint8)

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[np.uint8]:
        """See ``RawPicture``; it is converted once."""
        return self._whole

    @cached_property
    def _whole(self) -> NDArray[np.uint8]:
        return np.asarray(cv2.cvtColor(self._lines, self._code), np.uint8)
