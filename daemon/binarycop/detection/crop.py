"""The 32×32 crop of a face. The daemon, training and evaluation all cut with this."""

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import SIDE_PX, Box, CropGeometry
from binarycop.pixels import Pixels, Shrink


def shrink_by_opencv(square: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """See ``Shrink``."""
    return np.asarray(cv2.resize(square, (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8)


def crop(
    pixels: Pixels, box: Box, geometry: CropGeometry, spare_px: int = 0, shrink: Shrink = shrink_by_opencv
) -> NDArray[np.uint8]:
    """Cut the square around ``box`` and average it down to the classifier's input.

    pixels: (H, W, 3) uint8 BGR, as OpenCV delivers it. Outside the frame, the frame's edge is repeated.
    spare_px: pixels of the same scale that the crop has beyond each edge of the classifier's input. shrink: the daemon
    has a faster one.
    Returns (S, S, 3) uint8 RGB, contiguous; S is 32 and the spare pixels.
    """
    height, width = pixels.shape[:2]
    size_px = SIDE_PX + 2 * spare_px
    # The limit keeps memory small even if a detector returns an enormous box.
    side = min(max(round(box.longer_px * geometry.margin * size_px / SIDE_PX), 2), 2 * max(height, width))
    x, y = box.centre
    left, top = round(x - side / 2), round(y + box.longer_px * geometry.shift_y - side / 2)
    square = cut_square(pixels, left, top, side, border=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.cvtColor(shrink(square, size_px), cv2.COLOR_BGR2RGB), np.uint8)


def cut_square(pixels: Pixels, left: int, top: int, side: int, *, border: int) -> NDArray[np.uint8]:
    """The square of ``side`` pixels with its upper left corner at (left, top), (side, side, 3) uint8.

    pixels: (H, W, 3) uint8. border: OpenCV's border type for what lies outside the frame. A square that lies wholly
    outside is first moved until it contains one row or column of the frame, so every box gives a picture.
    """
    height, width = pixels.shape[:2]
    left, top = min(max(left, 1 - side), width - 1), min(max(top, 1 - side), height - 1)
    right, bottom = left + side, top + side
    square = pixels[max(top, 0) : bottom, max(left, 0) : right]
    # Above, below, left, right.
    outside = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)
    return np.asarray(cv2.copyMakeBorder(square, *outside, border), np.uint8) if any(outside) else square
