"""What a camera does to a picture: it stays recognisable after every step, and wrong decoding gives known colours."""

import numpy as np
import pytest
from numpy.typing import NDArray

from overlays.synthesis import image_pipeline
from overlays.synthesis.image_pipeline import photograph


@pytest.fixture
def frame() -> NDArray[np.uint8]:
    """Dark on the left, bright on the right, with some colour."""
    pixels = np.full((60, 80, 3), 60, np.uint8)
    pixels[:, 40:] = (180, 190, 200)
    return pixels


def test_the_picture_stays_recognisable_whatever_the_camera(frame: NDArray[np.uint8]) -> None:
    sizes = set()
    for seed in range(300):
        seen = photograph(frame, 40.0, np.random.default_rng(seed))
        assert seen.dtype == np.uint8
        assert seen.shape[2] == 3
        sizes.add(seen.shape[:2])
        middle = seen.shape[1] // 2
        assert seen[:, middle:].mean() > seen[:, :middle].mean() + 15
    assert len(sizes) > 20
    assert (60, 80) in sizes


def test_scaling_makes_no_face_smaller_than_those_that_are_trained_on(frame: NDArray[np.uint8]) -> None:
    for seed in range(200):
        seen = photograph(frame, 20.0, np.random.default_rng(seed))
        assert seen.shape[0] >= 60
        assert seen.shape[1] >= 80


def test_the_same_seed_gives_the_same_picture(frame: NDArray[np.uint8]) -> None:
    first, again = (photograph(frame, 40.0, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, again)


def test_a_wrong_matrix_leaves_grey_grey_and_darkens_green() -> None:
    matrix = image_pipeline._OTHER_MATRIX
    assert matrix @ np.full(3, 100.0) == pytest.approx(np.full(3, 100.0))
    # Pure green, by hand: Y = 149.7, Cb = -84.5, Cr = -106.8 with BT.601; these decoded with BT.709, as B, G, R.
    assert matrix @ (0.0, 255.0, 0.0) == pytest.approx((-7.1, 215.5, -18.5), abs=0.3)


def test_limited_range_taken_for_full_range_is_flat_and_the_opposite_is_steep() -> None:
    flat, steep = (image_pipeline._wrong_range(is_wider=wider)[:, 0, 0].astype(int) for wider in (False, True))
    assert (flat[0], flat[255]) == (16, 235)
    assert (steep[16], steep[235]) == (0, 255)
