"""The part of the canonical face plane that is drawn on: a square picture with its scale, and drawing functions."""

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX = 160
LEFT, TOP, UNIT_PX = -0.72, 0.08, 111.0  # the square has a side of 1.44 face heights
FINE = 4  # fractional bits of OpenCV's drawing coordinates

Picture = NDArray[np.uint8]
Opacity = NDArray[np.float32]


def to_px(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """Canonical positions (N, 2) in the form that OpenCV's drawing functions take with ``shift=FINE``."""
    placed: NDArray[np.int32] = np.round((points - (LEFT, TOP)) * UNIT_PX * (1 << FINE)).astype(np.int32)
    return placed


def blank() -> NDArray[np.uint8]:
    """An empty opacity drawing, (S, S) uint8."""
    return np.zeros((SIDE_PX, SIDE_PX), np.uint8)


def plain(colour: NDArray[np.float64]) -> Picture:
    """A picture of one colour, (S, S, 3) uint8 BGR."""
    picture = np.empty((SIDE_PX, SIDE_PX, 3), np.uint8)
    picture[:] = np.clip(colour, 0, 255)
    return picture


def fill(cover: NDArray[np.uint8], points: NDArray[np.float64], level: int = 255) -> None:
    """Fill a polygon with canonical corners (N, 2)."""
    cv2.fillPoly(cover, [to_px(points)], level, cv2.LINE_AA, FINE)


def line(cover: NDArray[np.uint8], points: NDArray[np.float64], width_px: int, level: int = 255) -> None:
    """Draw a line through canonical points (N, 2)."""
    cv2.polylines(cover, [to_px(points)], False, level, width_px, cv2.LINE_AA, FINE)


def to_opacity(drawn: NDArray[np.uint8], softness_px: float = 0.0, strength: float = 1.0) -> Opacity:
    """The opacity (S, S) float32, 0 to 1, of a drawing (S, S) uint8."""
    soft = cv2.GaussianBlur(drawn, (0, 0), softness_px) if softness_px else drawn
    cover: Opacity = soft.astype(np.float32) * np.float32(strength / 255)
    return cover


def coordinates() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The canonical x of each column (S,) and y of each row (S,)."""
    steps = (np.arange(SIDE_PX, dtype=np.float32) + np.float32(0.5)) / np.float32(UNIT_PX)
    return steps + np.float32(LEFT), steps + np.float32(TOP)
