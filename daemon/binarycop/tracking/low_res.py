"""The low-resolution grey frame that motion detection and template matching use."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LONGER_PX = 160
"""Limit of a low-resolution frame's longer side."""


@dataclass(frozen=True)
class LowResFrame:
    """Every ``step_px``-th pixel of a frame, in both directions. grey: (h, w) uint8."""

    grey: NDArray[np.uint8]
    step_px: int


def subsample(pixels: NDArray[np.uint8]) -> LowResFrame:
    """The low-resolution frame of a frame (H, W, 3) uint8 BGR."""
    pixels, step_px = np.ascontiguousarray(pixels), max(-(-max(pixels.shape[:2]) // LONGER_PX), 1)
    if step_px == 1:
        return LowResFrame(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8), 1)
    # Pixels are left out, not averaged: on the board, averaging would cost more than all the rest of tracking.
    kept = _every(pixels, step_px)
    return LowResFrame(np.asarray(cv2.cvtColor(kept, cv2.COLOR_BGRA2GRAY), np.uint8), step_px)


def _every(pixels: NDArray[np.uint8], step_px: int) -> NDArray[np.uint8]:
    """Every ``step_px``-th pixel, (h, w, 4) uint8: blue, green, red and the byte after them, which means nothing.

    pixels: (H, W, 3) uint8, contiguous. numpy copies whole words ten times as fast as three bytes each.
    """
    height, width = pixels.shape[:2]
    # A picture of 640×1 has fewer rows than half a step; at least one row and one column are kept.
    top, left = (min(step_px // 2, side - 1) for side in (height, width))
    last = pixels[top::step_px, left::step_px][-1]
    kept = np.empty((-(-(height - top) // step_px), len(last), 4), np.uint8)
    # The byte after the last pixel of all may be outside the picture, so the last row is copied for itself.
    words: NDArray[np.uint32] = np.ndarray(
        (len(kept) - 1, len(last)),
        np.uint32,
        pixels.data,
        offset=3 * (top * width + left),
        strides=(3 * step_px * width, 3 * step_px),
    )
    kept[:-1].view(np.uint32)[..., 0] = words
    kept[-1, :, :3] = last
    return kept
