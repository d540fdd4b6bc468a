"""Makes a frame fit a network: limits its longer side, and pads its sides to multiples of the network's stride."""

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.pixels import Fit


def fit_by_opencv(pixels: NDArray[np.uint8], size: tuple[int, int], padded: tuple[int, int]) -> NDArray[np.uint8]:
    """See ``Fit``."""
    height, width = pixels.shape[:2]
    if size != (width, height):
        if width >= 4 * size[0] and height >= 4 * size[1]:
            # OpenCV has vector code for halving, so two halvings are faster than one reduction by four (MODEL.md).
            pixels = np.asarray(cv2.resize(pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    below, right = padded[1] - size[1], padded[0] - size[0]
    return np.asarray(cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_CONSTANT), np.uint8)


def letterbox(
    pixels: NDArray[np.uint8], longer_px: int, stride: int, min_cells: int = 1, fit: Fit = fit_by_opencv
) -> tuple[NDArray[np.uint8], float]:
    """Shrink a frame to ``longer_px`` (it is never enlarged), and pad it with black on the right and below.

    pixels: (H, W, 3) uint8. Both sides are padded to a multiple of ``stride``, and to at least ``min_cells`` of them.
    fit: the daemon has a faster one. Returns the padded frame, and its scale: at most 1.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, longer_px / max(height, width))
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    columns, rows = (max(-(-side // stride), min_cells) for side in size)
    return fit(pixels, size, (columns * stride, rows * stride)), scale
