"""Camera effects: the face stays in the crop, and the crop depends only on the seed."""

import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import Box, CropGeometry
from overlays.synthesis.camera import FIXED_REGION_JITTER, LOOKOUT_JITTER, capture, capture_all

BOX = Box(38.0, 32.0, 52.0, 64.0)


def _patch() -> NDArray[np.uint8]:
    """A grey patch with a bright square in the middle of the box."""
    patch = np.full((128, 128, 3), 60, np.uint8)
    patch[54:74, 54:74] = 230
    return patch


def test_the_face_stays_in_the_middle_of_the_crop() -> None:
    middles = []
    for seed in range(60):
        crop = capture(_patch(), BOX, CropGeometry(1.1, 0.0), LOOKOUT_JITTER, np.random.default_rng(seed))
        assert crop.shape == (32, 32, 3)
        assert crop.dtype == np.uint8
        grey = crop.astype(float).mean(axis=2)
        weight = np.clip(grey - (grey.min() + grey.max()) / 2, 0, None)
        middles.append([(weight.sum(axis=k) @ np.arange(32)) / weight.sum() for k in (0, 1)])
    assert np.abs(np.mean(middles, axis=0) - 15.5).max() < 1.0
    assert np.std(middles, axis=0).max() < 3.0


def test_the_same_seed_gives_the_same_crop() -> None:
    first, again = (
        capture(_patch(), BOX, CropGeometry(1.1, 0.0), FIXED_REGION_JITTER, np.random.default_rng(9)) for _ in range(2)
    )
    assert np.array_equal(first, again)


def test_different_seeds_give_different_crops() -> None:
    crops = [
        capture(_patch(), BOX, CropGeometry(1.1, 0.0), LOOKOUT_JITTER, np.random.default_rng(seed)).tobytes()
        for seed in range(20)
    ]
    assert len(set(crops)) == 20


def test_several_crops_of_a_face_are_seen_by_different_cameras() -> None:
    crops = capture_all(
        _patch(), BOX, CropGeometry(1.1, 0.0), LOOKOUT_JITTER, np.random.default_rng(1), views=6, spare_px=1
    )
    assert crops.shape == (6, 34, 34, 3)
    assert len({crop.tobytes() for crop in crops}) == 6
