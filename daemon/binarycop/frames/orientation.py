"""How a stored picture has to be turned or mirrored to be upright."""

from enum import IntEnum

import cv2
import numpy as np
from numpy.typing import NDArray


class Orientation(IntEnum):
    """The transformation that the stored picture needs, with EXIF's numbers. Turns are clockwise."""

    UPRIGHT = 1
    MIRROR = 2
    TURN_180 = 3
    FLIP = 4  # upside down
    TRANSPOSE = 5
    TURN_90 = 6
    TRANSVERSE = 7
    TURN_270 = 8

    @property
    def swaps_sides(self) -> bool:
        """Whether width and height change places."""
        return self >= Orientation.TRANSPOSE


_FLIP_CODES = {  # of cv2.flip, after transposing where the sides change places
    Orientation.MIRROR: 1,
    Orientation.TURN_180: -1,
    Orientation.FLIP: 0,
    Orientation.TURN_90: 1,
    Orientation.TRANSVERSE: -1,
    Orientation.TURN_270: 0,
}
_BY_MATRIX = {  # where a step to the right goes, then where a step down goes; x to the right, y down
    (1, 0, 0, 1): Orientation.UPRIGHT,
    (-1, 0, 0, 1): Orientation.MIRROR,
    (-1, 0, 0, -1): Orientation.TURN_180,
    (1, 0, 0, -1): Orientation.FLIP,
    (0, 1, 1, 0): Orientation.TRANSPOSE,
    (0, 1, -1, 0): Orientation.TURN_90,
    (0, -1, -1, 0): Orientation.TRANSVERSE,
    (0, -1, 1, 0): Orientation.TURN_270,
    (0, 0, 0, 0): Orientation.UPRIGHT,  # a matrix that was never filled in, which players ignore
}


def upright(pixels: NDArray[np.uint8], orientation: Orientation) -> NDArray[np.uint8]:
    """The picture (H, W, 3) turned upright: (H, W, 3), or (W, H, 3) if the sides change places."""
    if orientation.swaps_sides:
        pixels = np.asarray(cv2.transpose(pixels), np.uint8)
    if orientation in _FLIP_CODES:
        pixels = np.asarray(cv2.flip(pixels, _FLIP_CODES[orientation]), np.uint8)
    return pixels


def of_matrix(a: float, b: float, c: float, d: float) -> Orientation | None:
    """The orientation of a matrix that maps (x, y) to (a x + c y, b x + d y). None if it is none of the eight.

    The matrix may scale by any factor.
    """
    return _BY_MATRIX.get((_sign(a), _sign(b), _sign(c), _sign(d)))


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
