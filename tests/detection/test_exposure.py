"""Brightness and clipping of a face, and of what is behind it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.detection.exposure import Tone, exposure_of
from binarycop.detection.light_limits import BACKLIT, BACKLIT_BRIGHTNESS
from binarycop.frames.drawing import Head, draw
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
    pixels[80:106, 140:180] = 252  # half of the middle, too
    pixels[114:132, 140:180] = 3
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


def drawn(seed: int, wall: int, gain: float) -> tuple[NDArray[np.uint8], Box]:
    """A person in front of an even wall, lit by this share of the light: (240, 320, 3), and the box of the face."""
    canvases = []
    for ground in (0, 255):
        rng = np.random.default_rng(seed)
        canvas = np.full((240, 320, 3), ground, np.uint8)
        box = draw(canvas, Head.random(rng, list(MaskClass)[seed % 4]), 160.0, 120.0, 110.0)
        canvases.append(canvas)
    is_wall = (canvases[1].astype(int) - canvases[0]).min(axis=2) > 128
    return np.where(is_wall[..., None], wall, canvases[0] * gain).astype(np.uint8), box


def is_backlit(pixels: NDArray[np.uint8], box: Box) -> bool:
    exposure = exposure_of(pixels, box)
    assert exposure.face is not None
    return (exposure.backlight or 0.0) >= BACKLIT and exposure.face.brightness < BACKLIT_BRIGHTNESS


@pytest.mark.parametrize("seed", range(12))
def test_a_backlit_face_is_recognised_under_a_loose_box_and_under_one_beside_it(seed: int) -> None:
    pixels, box = drawn(seed, 240, 0.4)
    wide, tall = box.width_px, box.height_px
    loose = Box(box.x_px - 0.2 * wide, box.y_px - 0.2 * tall, 1.4 * wide, 1.4 * tall)
    beside = Box(box.x_px + 0.2 * wide, box.y_px, wide, tall)
    for tried in (box, loose, beside):
        assert is_backlit(pixels, tried), tried


@pytest.mark.parametrize("seed", range(12))
def test_a_face_in_the_same_light_as_the_wall_is_not_backlit(seed: int) -> None:
    assert not is_backlit(*drawn(seed, 160, 1.0))
