"""From a face's box to the network's 32×32 input. The daemon, training and evaluation all cut with this."""

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import SIDE_PX, Box, CropGeometry


def crop(pixels: NDArray[np.uint8], box: Box, geometry: CropGeometry) -> NDArray[np.uint8]:
    """Cut the square around ``box`` and average it down to the network's input.

    pixels: (H, W, 3) uint8 BGR, as OpenCV delivers it. What lies outside the frame repeats its edge.
    Returns (32, 32, 3) uint8 RGB, contiguous.
    """
    height, width = pixels.shape[:2]
    longer = max(box.width_px, box.height_px)
    # A finder's nonsense must not take hundreds of megabytes.
    side = min(max(round(longer * geometry.margin), 2), 2 * max(height, width))
    centre_x, centre_y = box.centre
    left = round(centre_x - side / 2)
    top = round(centre_y + longer * geometry.shift_y - side / 2)
    # A box far outside the frame (a finder's nonsense) still gives a picture of the edge, never an error.
    left, top = min(max(left, 1 - side), width - 1), min(max(top, 1 - side), height - 1)
    right, bottom = left + side, top + side
    square = pixels[max(top, 0) : bottom, max(left, 0) : right]
    beyond = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)
    if any(beyond):
        square = cv2.copyMakeBorder(square, *beyond, cv2.BORDER_REPLICATE)
    small = cv2.resize(square, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[:, :, ::-1])
