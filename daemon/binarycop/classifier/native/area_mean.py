"""Shrinks the square around a face with the compiled function, ten times as fast as OpenCV does."""

import numpy as np
from numpy.typing import NDArray

from binarycop.classifier.native.kernel import Kernel
from binarycop.pixels import Shrink

_MAX_SIDE_PX, _MAX_FACTOR = 4096, 256  # of the function
_PIXEL_BYTES = 3
_SCRATCH_BYTES = 6 * _PIXEL_BYTES  # of each pixel of a row: its sums of 2 and of 4 bytes


class AreaMean:
    """Means of areas as OpenCV's ``INTER_AREA`` computes them, exact; OpenCV's sums are not.

    Of random pixels one in 40,000 differs from OpenCV's, by one grey level. Any thread may use it. by_opencv: for what
    the function cannot do, such as to enlarge a picture.
    """

    def __init__(self, kernel: Kernel, by_opencv: Shrink) -> None:
        self._shrink, self._by_opencv = kernel.area_mean, by_opencv

    def __call__(self, square: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
        """See ``Shrink``."""
        height, width = square.shape[:2]
        is_usual = side_px <= height == width <= min(_MAX_SIDE_PX, _MAX_FACTOR * side_px)
        # OpenCV has fast code that halves. It rounds a half up there, and to the even number elsewhere.
        if not is_usual or width == 2 * side_px or square.strides[1:] != (_PIXEL_BYTES, 1):
            return self._by_opencv(square, side_px)
        # One array, since numpy takes longer to tell an address than the function takes for many rows.
        out_bytes = -(-_PIXEL_BYTES * side_px**2 // 4) * 4
        memory = np.empty(out_bytes + _SCRATCH_BYTES * width, np.uint8)
        out = memory.ctypes.data
        sums, whole = out + out_bytes, out + out_bytes + 4 * _PIXEL_BYTES * width
        self._shrink(square.ctypes.data, square.strides[0], width, height, out, side_px, side_px, whole, sums)
        return memory[: _PIXEL_BYTES * side_px**2].reshape(side_px, side_px, _PIXEL_BYTES)
