"""Shrinks a frame for the detector with the compiled functions, in a tenth of OpenCV's instructions on the board."""

import numpy as np
from numpy.typing import NDArray

from binarycop.classifier.native.area_mean import PIXEL_BYTES, can_shrink, sums_bytes
from binarycop.classifier.native.kernel import Kernel
from binarycop.pixels import Fit

_Size = tuple[int, int]  # width and height


class PictureFit:
    """Halves a frame once or twice, bit by bit as OpenCV does; what is left over it shrinks as ``AreaMean`` does.

    Any thread may use it. by_opencv: for what the functions cannot do, such as a frame that only needs its edges.
    """

    def __init__(self, kernel: Kernel, by_opencv: Fit) -> None:
        self._halve, self._area_mean, self._by_opencv = kernel.halve, kernel.area_mean, by_opencv

    def __call__(self, pixels: NDArray[np.uint8], size: _Size, padded: _Size) -> NDArray[np.uint8]:
        """See ``Fit``."""
        height, width = pixels.shape[:2]
        if size == (width, height) or not can_shrink(pixels, size):
            return self._by_opencv(pixels, size, padded)
        out = np.zeros((padded[1], padded[0], PIXEL_BYTES), np.uint8)
        self._shrink(pixels, size, out)
        return out

    def _shrink(self, pixels: NDArray[np.uint8], size: _Size, out: NDArray[np.uint8]) -> None:
        """Write the shrunk picture into the upper left of ``out``."""
        (height, width), (to_width, to_height) = pixels.shape[:2], size
        if (width, height) == (4 * to_width, 4 * to_height):
            rows = np.empty(4 * PIXEL_BYTES * to_width, np.uint8).ctypes  # two, halved once
            self._call_halve(pixels, size, out, rows.data)
        elif width >= 4 * to_width and height >= 4 * to_height:
            half = width // 2, height // 2
            halved = np.empty((half[1], half[0], PIXEL_BYTES), np.uint8)
            self._shrink_at_once(pixels, half, halved)
            self._shrink_at_once(halved, size, out)
        else:
            self._shrink_at_once(pixels, size, out)

    def _shrink_at_once(self, pixels: NDArray[np.uint8], size: _Size, out: NDArray[np.uint8]) -> None:
        (height, width), (to_width, to_height) = pixels.shape[:2], size
        if (width, height) == (2 * to_width, 2 * to_height):
            self._call_halve(pixels, size, out, None)
            return
        sums = np.empty(sums_bytes(width), np.uint8).ctypes
        self._area_mean(
            *(pixels.ctypes.data, pixels.strides[0], width, height),
            *(out.ctypes.data, out.strides[0], to_width, to_height),
            sums.data,
        )

    def _call_halve(self, pixels: NDArray[np.uint8], size: _Size, out: NDArray[np.uint8], two_rows: int | None) -> None:
        self._halve(pixels.ctypes.data, pixels.strides[0], out.ctypes.data, out.strides[0], *size, two_rows)
