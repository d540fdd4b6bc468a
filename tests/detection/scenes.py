"""Drawn scenes for what follows faces: textured squares before a textured wall, with noise, of any light."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import Box

SIZE_PX = (120, 160)


def texture(seed: int, height: int, width: int) -> NDArray[np.float64]:
    """Soft patches of random grey, (height, width), the same ones at any size."""
    coarse = np.random.default_rng(seed).uniform(30, 220, (8, 8))
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float64)


def scene(people: Mapping[int, Box], *, noise: int = 0, light: float = 1.0, scale: int = 1) -> NDArray[np.uint8]:
    """A frame, (120·scale, 160·scale, 3) uint8, in which each person, who is the seed of their face, is at their box.

    noise: the seed of a camera's noise, 0 for none.
    """
    height, width = SIZE_PX
    grey = 0.4 * texture(99, height, width) + 60
    for face, box in people.items():
        left, top, wide, high = (round(one) for one in (box.x_px, box.y_px, box.width_px, box.height_px))
        inside = texture(face, high, wide)
        rows, columns = np.arange(top, top + high), np.arange(left, left + wide)
        is_row, is_column = (rows >= 0) & (rows < height), (columns >= 0) & (columns < width)
        grey[np.ix_(rows[is_row], columns[is_column])] = inside[np.ix_(is_row, is_column)]
    grey = grey * light
    if noise:
        grey = grey + np.random.default_rng(noise).normal(0, 6, grey.shape)
    pixels = np.clip(grey, 0, 255).astype(np.uint8)
    return np.repeat(np.kron(pixels, np.ones((scale, scale), np.uint8))[:, :, None], 3, axis=2)
