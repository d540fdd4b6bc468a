"""Drawn heads as crops: pictures of nobody, for the demo's sake in training, and for golden vectors and checks."""

import numpy as np
from numpy.typing import NDArray

from binarycop.faces.crop import CropGeometry
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
