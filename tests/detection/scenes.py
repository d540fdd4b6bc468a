"""Drawn scenes for the tests of tracking: textured squares in front of a textured wall, with noise and any light."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import Box

SIZE_PX = (120, 160)


def texture(seed: int, height: int, width: int) -> NDArray[np.float64]:
    """Soft patches of random grey, (height, width). A seed gives the same patches at any size."""
    coarse = np.random.default_rng(seed).uniform(30, 220, (8, 8))
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float64)


def scene(people: Mapping[int, Box], *, noise: int = 0, light: float = 1.0, scale: int = 1) -> NDArray[np.uint8]:
    """A frame, (120·scale, 160·scale, 3) uint8, with each person at their box.

    people: boxes by the seed of each face's texture. noise: seed of the sensor noise, 0 for none.
    """
    height, width = SIZE_PX
    grey = 0.4 * texture(99, height, width) + 60
    for seed, box in people.items():
        left, top, face_width, face_height = (round(side) for side in (box.x_px, box.y_px, box.width_px, box.height_px))
        face = texture(seed, face_height, face_width)
        rows, columns = np.arange(top, top + face_height), np.arange(left, left + face_width)
        is_row, is_column = (rows >= 0) & (rows < height), (columns >= 0) & (columns < width)
        grey[np.ix_(rows[is_row], columns[is_column])] = face[np.ix_(is_row, is_column)]
    grey = grey * light
    if noise:
        grey = grey + np.random.default_rng(noise).normal(0, 6, grey.shape)
    pixels = np.clip(grey, 0, 255).astype(np.uint8)
    return np.repeat(np.kron(pixels, np.ones((scale, scale), np.uint8))[:, :, None], 3, axis=2)
