"""The part of the canonical face plane on which masks and the like are drawn: a square picture, and its scale."""

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX = 160
LEFT, TOP, UNIT_PX = -0.72, 0.08, 111.0  # 1.44 face heights square
FINE = 4  # bits of OpenCV's sub-pixel positions

Picture = NDArray[np.uint8]
Opacity = NDArray[np.float32]


def to_px(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """Canonical positions (N, 2) as OpenCV's drawing takes them, with ``shift=FINE``."""
    placed: NDArray[np.int32] = np.round((points - (LEFT, TOP)) * UNIT_PX * (1 << FINE)).astype(np.int32)
    return placed


def blank() -> NDArray[np.uint8]:
    """Nothing drawn yet, (S, S) uint8."""
    return np.zeros((SIDE_PX, SIDE_PX), np.uint8)


def plain(colour: NDArray[np.float64]) -> Picture:
    """One colour, (S, S, 3) uint8 BGR."""
    picture = np.empty((SIDE_PX, SIDE_PX, 3), np.uint8)
    picture[:] = np.clip(colour, 0, 255)
    return picture


def fill(cover: NDArray[np.uint8], points: NDArray[np.float64], level: int = 255) -> None:
    """Fill a polygon, (N, 2) canonical."""
    cv2.fillPoly(cover, [to_px(points)], level, cv2.LINE_AA, FINE)


def line(cover: NDArray[np.uint8], points: NDArray[np.float64], width_px: int, level: int = 255) -> None:
    """Draw a line through points, (N, 2) canonical."""
    cv2.polylines(cover, [to_px(points)], False, level, width_px, cv2.LINE_AA, FINE)


def to_opacity(drawn: NDArray[np.uint8], softness_px: float = 0.0, strength: float = 1.0) -> Opacity:
    """Opacity, (S, S) float32 0 to 1, from what was drawn."""
    cover = drawn.astype(np.float32) * np.float32(strength / 255)
    return np.asarray(cv2.GaussianBlur(cover, (0, 0), softness_px), np.float32) if softness_px else cover


def coordinates() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Canonical x of the columns (S,) and y of the rows (S,)."""
    steps = (np.arange(SIDE_PX, dtype=np.float32) + np.float32(0.5)) / np.float32(UNIT_PX)
    return steps + np.float32(LEFT), steps + np.float32(TOP)
