"""Shrinks a frame for the detector with the compiled functions, in a tenth of OpenCV's instructions on the board."""

import numpy as np
from numpy.typing import NDArray

from binarycop.classifier.native.area_mean import LEAST_WIDTH_PX, MAX_FACTOR, MAX_PX, PIXEL_BYTES, sums_bytes
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
        if not _is_usual(pixels, size):
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


def _is_usual(pixels: NDArray[np.uint8], size: _Size) -> bool:
    """Whether the functions can shrink a picture to this size, which is smaller."""
    (height, width), (to_width, to_height) = pixels.shape[:2], size
    return (
        size != (width, height)
        and pixels.strides[1:] == (PIXEL_BYTES, 1)
        and to_width >= LEAST_WIDTH_PX
        and width * height <= MAX_PX
        and width <= MAX_FACTOR * to_width
        and height <= MAX_FACTOR * to_height
    )
