"""The pixels of a frame: an array, or what a camera sent, which is converted as far as it is looked at."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class RawPicture(Protocol):
    """A picture of H rows and W columns that is not converted yet.

    Each part has exactly the pixels that the whole picture would have there. Nobody may write into it.
    """

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, 3)."""

    def __getitem__(self, part: tuple[slice, slice], /) -> NDArray[np.uint8]:
        """The rectangle of two slices without steps, at least one pixel: (h, w, 3) uint8 BGR."""

    def every(self, top: int, left: int, step: int) -> NDArray[np.uint8]:
        """See ``binarycop.pixels.every``."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[np.uint8]:
        """The whole picture, (H, W, 3) uint8 BGR."""


Pixels = NDArray[np.uint8] | RawPicture
"""(H, W, 3) uint8 BGR. ``np.asarray`` gives the whole picture."""

Shrink = Callable[[NDArray[np.uint8], int], NDArray[np.uint8]]
"""Gives a square picture (S, S, 3) uint8 another side: each pixel is the mean of the area that it covers."""

Fit = Callable[[NDArray[np.uint8], tuple[int, int], tuple[int, int]], NDArray[np.uint8]]
"""Shrinks a picture (H, W, 3) uint8 to a width and height, no larger, and adds black on the right and below.

The last argument is width and height of the result. Each pixel is the mean of the area that it covers, rounded. By four
and more, the picture is first halved, and both means are rounded.
"""


def every(pixels: Pixels, top: int, left: int, step: int) -> NDArray[np.uint8]:
    """Every ``step``-th pixel in both directions, the first one at row ``top`` and column ``left``.

    Returns (h, w, 4) uint8: blue, green, red, and a byte that depends on the picture alone.
    """
    if not isinstance(pixels, np.ndarray):
        return pixels.every(top, left, step)
    # numpy copies whole words ten times as fast as three bytes each.
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    last = pixels[top::step, left::step][-1]
    kept = np.zeros((-(-(height - top) // step), len(last), 4), np.uint8)
    words: NDArray[np.uint32] = np.ndarray(
        (len(kept) - 1, len(last)),
        np.uint32,
        pixels.data,
        offset=3 * (top * width + left),
        strides=(3 * step * width, 3 * step),
    )
    kept[:-1].view(np.uint32)[..., 0] = words
    # The byte after the last pixel of all may be outside the picture, so the last row is copied for itself.
    kept[-1, :, :3] = last
    return kept
