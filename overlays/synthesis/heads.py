"""Crops of drawn heads: for training (the demo shows such heads), for golden vectors, and for tests."""

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.detection.crop import crop
from binarycop.frames import drawing
from binarycop.geometry import SIDE_PX, Box, CropGeometry
from overlays.synthesis.camera import FIXED_REGION_JITTER, jitter_box

_SIDE_PX = 128
_BARE = 0.35


def drawn_scene(rng: np.random.Generator, mask_class: MaskClass) -> tuple[NDArray[np.uint8], Box]:
    """A drawn head before a background, (128, 128, 3) uint8 BGR, and its box. Some of ``nose_mouth`` have no mask."""
    canvas = drawing.background(rng, _SIDE_PX, _SIDE_PX)
    is_bare = mask_class is MaskClass.NOSE_MOUTH and rng.random() < _BARE
    head = drawing.Head.random(rng, None if is_bare else mask_class)
    return canvas, drawing.draw(canvas, head, _SIDE_PX / 2, _SIDE_PX / 2, _SIDE_PX / 2)


def drawn_head(rng: np.random.Generator, mask_class: MaskClass, geometry: CropGeometry) -> NDArray[np.uint8]:
    """A crop (32, 32, 3) uint8 RGB of a drawn head, as in the demo: box of the fixed region, sensor noise."""
    return demo_crop(*drawn_scene(rng, mask_class), geometry, rng)


def demo_crop(
    canvas: NDArray[np.uint8], box: Box, geometry: CropGeometry, rng: np.random.Generator, spare_px: int = 0
) -> NDArray[np.uint8]:
    """A crop of a scene as in the demo. spare_px: as in ``camera.capture_all``."""
    noisy = drawing.add_sensor_noise(canvas, rng, rng.uniform(0.8, 1.2))
    return crop(noisy, jitter_box(box, FIXED_REGION_JITTER, rng), geometry, spare_px)


def noise_and_heads(count: int, seed: int, geometry: CropGeometry) -> NDArray[np.uint8]:
    """Inputs that show no real person, (count, 32, 32, 3) uint8 RGB: a third is noise, the rest are drawn heads."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        if number % 3:
            made.append(drawn_head(rng, MaskClass(number % len(MaskClass)), geometry))
        else:
            spread = (256, 64, 8)[number // 3 % 3]
            low = int(rng.integers(0, 257 - spread))
            made.append(rng.integers(low, low + spread, (SIDE_PX, SIDE_PX, 3), np.uint8))
    return np.stack(made)


def labelled_heads(count: int, seed: int, geometry: CropGeometry) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Drawn heads, (count, 32, 32, 3) uint8 RGB, and their classes (count,), which alternate."""
    rng = np.random.default_rng(seed)
    classes = np.arange(count) % len(MaskClass)
    return np.stack([drawn_head(rng, MaskClass(k), geometry) for k in classes.tolist()]), classes
