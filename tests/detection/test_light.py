"""Brightness and sharpness of a crop."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.light import Light, light_of


def grey(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(luma[:, :, None], 3, axis=2)


@pytest.mark.parametrize("level", [0, 37, 255])
def test_an_even_picture_is_as_bright_as_its_grey_and_has_no_sharpness(level: int) -> None:
    assert light_of(np.full((32, 32, 3), level, np.uint8)) == Light(level, 0.0)


def test_a_chessboard_is_as_sharp_as_a_picture_can_be() -> None:
    board = (np.indices((32, 32)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert light_of(grey(board)) == Light(127.5, 255.0)


def test_stripes_are_sharp_across_only() -> None:
    stripes = np.broadcast_to((np.arange(32) % 2 * 100).astype(np.uint8), (32, 32))
    assert light_of(grey(np.ascontiguousarray(stripes))) == Light(50.0, 50.0)


def test_green_counts_most_and_blue_least() -> None:
    red, green, blue = (light_of(np.full((2, 2, 3), colour, np.uint8)) for colour in np.eye(3, dtype=np.uint8) * 255)
    assert [round(one.brightness) for one in (red, green, blue)] == [76, 150, 29]


def test_a_picture_out_of_focus_is_less_sharp_and_as_bright() -> None:
    sharp = grey(np.random.default_rng(0).integers(0, 256, (32, 32), np.uint8))
    blurred = np.asarray(cv2.blur(sharp, (5, 5)), np.uint8)
    assert light_of(blurred).sharpness < light_of(sharp).sharpness / 3
    assert light_of(blurred).brightness == pytest.approx(light_of(sharp).brightness, abs=3)
