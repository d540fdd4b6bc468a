"""Colours, shapes and pixels for the drawings."""

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]  # BGR
Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]


def ellipse(x: float, y: float, radius_x: float, radius_y: float, points: int) -> Points:
    """The corners (points, 2) of a polygon around an ellipse."""
    around = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([x + radius_x * np.cos(around), y + radius_y * np.sin(around)], 1)


def vary(rng: "np.random.Generator", colour: Colour, spread: float) -> Colour:
    """The colour with random shifts: up to ``spread`` for all channels, and up to half of it for each channel."""
    shift = rng.uniform(-spread, spread) + rng.uniform(-spread / 2, spread / 2, 3)
    blue, green, red = (int(value) for value in np.clip(np.asarray(colour) + shift, 0, 255))
    return blue, green, red


def scale(colour: Colour, gain: float) -> Colour:
    """The colour times ``gain``, from 0 (black) to 1."""
    return blend((0, 0, 0), colour, gain)


def blend(first: Colour, second: Colour, share: float) -> Colour:
    """A mixture: ``share`` of the second colour, the rest of the first."""
    blue, green, red = (round(a * (1 - share) + b * share) for a, b in zip(first, second))
    return blue, green, red


def to_bytes(values: NDArray[np.generic]) -> Pixels:
    """The values rounded and clipped to uint8."""
    rounded: Pixels = np.clip(np.asarray(values, np.float32) + np.float32(0.5), 0, 255).astype(np.uint8)
    return rounded
