"""A frame made small and grey: what motion and following look at."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LONGER_PX = 160


@dataclass(frozen=True)
class LowResFrame:
    """A frame's every ``step_px``-th pixel: ``grey`` is (h, w) uint8."""

    grey: NDArray[np.uint8]
    step_px: int


def subsample(pixels: NDArray[np.uint8]) -> LowResFrame:
    """Make a frame, (H, W, 3) uint8 BGR, at most ``LONGER_PX`` pixels long."""
    step_px = max(-(-max(pixels.shape[:2]) // LONGER_PX), 1)
    # Pixels are left out, not averaged: on the board averaging costs twenty times as much, more than the rest of this.
    few = np.ascontiguousarray(pixels[step_px // 2 :: step_px, step_px // 2 :: step_px])
    return LowResFrame(np.asarray(cv2.cvtColor(few, cv2.COLOR_BGR2GRAY), np.uint8), step_px)
