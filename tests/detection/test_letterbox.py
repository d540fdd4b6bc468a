"""A frame is shrunk and padded so that it fits a network."""

import cv2
import numpy as np
import pytest

from binarycop.detection.letterbox import letterbox


def test_a_large_frame_is_shrunk_and_padded_with_black_on_the_right_and_below() -> None:
    padded, scale = letterbox(np.full((240, 320, 3), 200, np.uint8), 160, 32)
    assert (padded.shape, scale) == ((128, 160, 3), 0.5)
    assert (padded[:120] == 200).all()
    assert not padded[120:].any()


def test_two_halvings_give_the_same_picture_as_one_reduction_by_four_except_for_rounding() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    at_once = cv2.resize(frame, (160, 120), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(letterbox(frame, 160, 1)[0] - at_once).max() <= 1


def test_a_small_frame_is_never_enlarged() -> None:
    padded, scale = letterbox(np.full((31, 33, 3), 7, np.uint8), 320, 32)
    assert (padded.shape, scale) == ((32, 64, 3), 1.0)


def test_a_tiny_frame_is_padded_to_the_minimum_number_of_cells() -> None:
    padded, _ = letterbox(np.full((10, 70, 3), 7, np.uint8), 320, 32, min_cells=2)
    assert padded.shape == (64, 96, 3)


@pytest.mark.parametrize("shape", [(1, 1), (5000, 2), (2, 5000)])
def test_at_least_one_pixel_of_any_shape_is_left(shape: tuple[int, int]) -> None:
    padded, _ = letterbox(np.zeros((*shape, 3), np.uint8), 64, 32)
    assert padded.shape in {(32, 32, 3), (64, 32, 3), (32, 64, 3)}
