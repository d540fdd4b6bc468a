"""Brightness and clipping of a face, and of what is behind it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.exposure import Tone, exposure_of
from binarycop.geometry import Box

FACE = Box(140, 80, 40, 52)


def frame(wall: int, face: int, clothes: int, *, scale: int = 1) -> NDArray[np.uint8]:
    """A wall with a head and, below its chin, clothes over the whole width: (240, 320, 3) at scale 1."""
    pixels = np.full((240, 320, 3), wall, np.uint8)
    pixels[80:132, 140:180] = face
    pixels[132:] = clothes
    return np.ascontiguousarray(pixels.repeat(scale, axis=0).repeat(scale, axis=1))


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_face_and_wall_are_measured_apart_and_clothes_not_at_all(scale: int) -> None:
    box = Box(*(side * scale for side in (FACE.x_px, FACE.y_px, FACE.width_px, FACE.height_px)))
    exposure = exposure_of(frame(200, 100, 10, scale=scale), box)
    assert exposure.face == Tone(100, 0, 0)
    assert exposure.background == Tone(200, 0, 0)
    assert exposure.backlight == pytest.approx(2.0)


def test_hair_and_ears_are_not_background() -> None:
    pixels = frame(200, 100, 10)
    pixels[66:132, 130:190] = 0
    pixels[80:132, 140:180] = 100
    assert exposure_of(pixels, FACE).background == Tone(200, 0, 0)


def test_clipped_and_black_are_shares_of_pixels() -> None:
    pixels = frame(255, 100, 10)
    pixels[80:106, 140:180] = 252
    pixels[119:132, 140:180] = 3
    exposure = exposure_of(pixels, FACE)
    assert exposure.face is not None
    assert exposure.face.clipped == 0.5
    assert exposure.face.black == pytest.approx(0.25, abs=0.02)
    assert exposure.background == Tone(255, 1, 0)


def test_without_a_face_the_whole_frame_is_background() -> None:
    exposure = exposure_of(frame(200, 100, 200), None)
    assert exposure.face is None
    assert exposure.backlight is None
    assert exposure.background is not None
    assert 190 < exposure.background.brightness < 200


@pytest.mark.parametrize("box", [Box(-90, -90, 40, 52), Box(900, 900, 40, 52), Box(316, 236, 40, 52), Box(0, 0, 3, 4)])
def test_a_face_that_is_hardly_in_the_frame_has_no_tone(box: Box) -> None:
    assert exposure_of(frame(200, 100, 10), box).face is None


def test_a_face_that_fills_the_frame_leaves_no_background() -> None:
    exposure = exposure_of(frame(100, 100, 100), Box(-10, -10, 340, 260))
    assert exposure.background is None
    assert exposure.backlight is None
    assert exposure.face == Tone(100, 0, 0)


def test_a_black_face_has_a_backlight_too() -> None:
    assert exposure_of(frame(200, 0, 10), FACE).backlight == 200


@pytest.mark.parametrize("size", [(1, 1), (1, 640), (640, 1), (2, 3)])
def test_a_frame_of_any_size_is_measured(size: tuple[int, int]) -> None:
    exposure = exposure_of(np.full((*size, 3), 90, np.uint8), Box(0, 0, 1, 1))
    assert exposure.face is None
