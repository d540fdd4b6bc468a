"""Makes a frame fit a network: limits its longer side, and pads its sides to multiples of the network's stride."""

import cv2
import numpy as np
from numpy.typing import NDArray


def letterbox(
    pixels: NDArray[np.uint8], longer_px: int, stride: int, min_cells: int = 1
) -> tuple[NDArray[np.uint8], float]:
    """Shrink a frame to ``longer_px`` (it is never enlarged), and pad it with black on the right and below.

    pixels: (H, W, 3) uint8. Both sides are padded to a multiple of ``stride``, and to at least ``min_cells`` of them.
    Returns the padded frame, and its scale: at most 1.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, longer_px / max(height, width))
    if scale < 1.0:
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        if width >= 4 * size[0] and height >= 4 * size[1]:
            # OpenCV has vector code for halving, so two halvings are faster than one reduction by four (MODEL.md).
            pixels = np.asarray(cv2.resize(pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    below, right = (max(-(-side // stride), min_cells) * stride - side for side in pixels.shape[:2])
    return np.asarray(cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_CONSTANT), np.uint8), scale
