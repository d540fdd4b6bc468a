"""The low-resolution grey frame that motion detection and template matching use."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.pixels import Pixels, every

LONGER_PX = 160
"""Limit of a low-resolution frame's longer side."""


@dataclass(frozen=True)
class LowResFrame:
    """Every ``step_px``-th pixel of a frame, in both directions. grey: (h, w) uint8."""

    grey: NDArray[np.uint8]
    step_px: int


def subsample(pixels: Pixels) -> LowResFrame:
    """The low-resolution frame of a frame (H, W, 3) uint8 BGR."""
    step_px = max(-(-max(pixels.shape[:2]) // LONGER_PX), 1)
    # A picture of 640×1 has fewer rows than half a step; at least one row and one column are kept.
    top, left = (min(step_px // 2, side - 1) for side in pixels.shape[:2])
    # Pixels are left out, not averaged: on the board, averaging would cost more than all the rest of tracking.
    kept = every(pixels, top, left, step_px)
    return LowResFrame(np.asarray(cv2.cvtColor(kept, cv2.COLOR_BGRA2GRAY), np.uint8), step_px)
