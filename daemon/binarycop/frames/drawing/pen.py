"""A pen that draws in units of the face's height."""

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.frames.drawing.appearance import Head, Mask, MaskPattern
from binarycop.frames.drawing.raster import Colour, Pixels, Points, ellipse, to_bytes


class Pen:
    """Draws anti-aliased shapes onto the canvas, in units of the face's height, rotated by the head's roll.

    centre_x_px, centre_y_px: the middle of the face on the canvas, around which it rotates.
    """

    _SHIFT = 4  # fractional bits of OpenCV's coordinates

    def __init__(self, canvas: Pixels, head: Head, centre_x_px: float, centre_y_px: float, height_px: float) -> None:
        self._canvas, self._height_px, self._light = canvas, height_px, head.light
        roll = np.deg2rad(head.roll)
        self._rotation = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        self._centre = np.array([centre_x_px, centre_y_px])
        self._pivot = np.array([0.0, 0.5])

    def fill(self, points: Points, colour: Colour) -> None:
        """Fill the polygon with corners (N, 2)."""
        cv2.fillPoly(self._canvas, [self._to_px(points)], colour, cv2.LINE_AA, self._SHIFT)

    def line(self, points: Points, colour: Colour, width: float, *, closed: bool = False) -> None:
        """Draw a line through the points (N, 2). width: in face heights, but one pixel at least."""
        thick = max(round(width * self._height_px), 1)
        cv2.polylines(self._canvas, [self._to_px(points)], closed, colour, thick, cv2.LINE_AA, self._SHIFT)

    def fill_pattern(self, points: Points, mask: Mask) -> None:
        """Fill the polygon (N, 2) with the mask's colour and print."""
        before = self._canvas.copy()
        self.fill(points, mask.colour)
        if mask.pattern is MaskPattern.PLAIN:
            return
        steps = np.arange(-0.6, 0.61, 0.09)
        for step in steps:
            if mask.pattern is MaskPattern.DOTS:
                for other in steps:
                    self.fill(ellipse(step, other + 0.85, 0.025, 0.025, 10), mask.ink)
            else:
                self.line(np.array([[-0.6, step + 0.85], [0.6, step + 0.85]]), mask.ink, 0.03)
                if mask.pattern is MaskPattern.CHECK:
                    self.line(np.array([[step, 0.2], [step, 1.5]]), mask.ink, 0.02)
        inside = np.zeros(self._canvas.shape[:2], np.uint8)
        cv2.fillPoly(inside, [self._to_px(points)], 255, cv2.LINE_AA, self._SHIFT)
        share = inside[:, :, None].astype(np.float32) / 255
        self._canvas[...] = to_bytes(self._canvas * share + before * (1 - share))

    def shade(self, before: Pixels) -> None:
        """Apply the light from one side to all that was drawn since ``before``, a copy of the canvas."""
        drawn = (self._canvas != before).any(axis=2)
        across = (np.arange(self._canvas.shape[1]) - self._centre[0]) / (0.45 * self._height_px)
        gain = 1 - self._light * np.clip(across, -1.3, 1.3) * 0.6
        lit = to_bytes(self._canvas * gain.astype(np.float32)[None, :, None])
        self._canvas[drawn] = lit[drawn]

    def _to_px(self, points: Points) -> NDArray[np.int32]:
        placed = (points - self._pivot) @ self._rotation.T * self._height_px + self._centre
        fixed: NDArray[np.int32] = np.round(placed * (1 << self._SHIFT)).astype(np.int32)
        return fixed
