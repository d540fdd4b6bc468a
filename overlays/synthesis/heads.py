"""Drawn heads as crops: pictures of nobody, for the demo's sake in training, and for golden vectors and checks."""

import numpy as np
from numpy.typing import NDArray

from binarycop.faces.crop import SIDE_PX, CropGeometry
from binarycop.frames import drawing
from binarycop.wearing import Wearing
from overlays.synthesis.camera import FIXED_REGION, take

_SIDE_PX = 128
_BARE = 0.35


def drawn_head(rng: np.random.Generator, wearing: Wearing, geometry: CropGeometry) -> NDArray[np.uint8]:
    """One as a fixed region or a finder would cut it, (32, 32, 3) uint8 RGB; of nose_mouth some are bare."""
    canvas = drawing.backdrop(rng, _SIDE_PX, _SIDE_PX)
    is_bare = wearing is Wearing.NOSE_MOUTH and rng.random() < _BARE
    head = drawing.Head.random(rng, None if is_bare else wearing)
    box = drawing.draw(canvas, head, _SIDE_PX / 2, _SIDE_PX / 2, _SIDE_PX / 2)
    return take(canvas, box, geometry, FIXED_REGION, rng)


def nobody(count: int, seed: int, geometry: CropGeometry) -> NDArray[np.uint8]:
    """Inputs that show no person, (count, 32, 32, 3) uint8 RGB: a third noise, the rest drawn heads."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        if number % 3:
            made.append(drawn_head(rng, Wearing(number % len(Wearing)), geometry))
        else:
            spread = (256, 64, 8)[number // 3 % 3]
            low = int(rng.integers(0, 257 - spread))
            made.append(rng.integers(low, low + spread, (SIDE_PX, SIDE_PX, 3), np.uint8))
    return np.stack(made)


def heads(count: int, seed: int, geometry: CropGeometry) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Drawn heads of the four classes in turn, (count, 32, 32, 3) uint8 RGB, with their classes (count,)."""
    rng = np.random.default_rng(seed)
    classes = np.arange(count) % len(Wearing)
    return np.stack([drawn_head(rng, Wearing(one), geometry) for one in classes.tolist()]), classes
