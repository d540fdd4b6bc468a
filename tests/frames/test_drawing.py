"""Drawn heads: reproducible by their seed, cut off at the edge, and each class covers what its name says."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.frames.drawing import Head, Mask, add_sensor_noise, background, draw, head
from binarycop.geometry import Box

SIZE_PX = 200
CENTRE_PX = 100.0
HEIGHT_PX = 120.0


def _upright(mask_class: MaskClass | None, seed: int) -> Head:
    head = Head.random(np.random.default_rng(seed), mask_class)
    return replace(head, roll=0.0, yaw=0.0, glasses=False, light=0.0)


def _drawn(head: Head) -> tuple[NDArray[np.uint8], Box]:
    canvas = np.full((SIZE_PX, SIZE_PX, 3), 128, np.uint8)
    box = draw(canvas, head, CENTRE_PX, CENTRE_PX, HEIGHT_PX)
    return canvas, box


def _changed(seed: int, mask_class: MaskClass, y: float) -> bool:
    """Whether the mask changed the middle of the face at height y against the same face bare."""
    head = _upright(mask_class, seed)
    masked, _ = _drawn(head)
    bare, _ = _drawn(replace(head, mask=None))
    row = int(CENTRE_PX + (y - 0.5) * HEIGHT_PX)
    middle = slice(int(CENTRE_PX) - 3, int(CENTRE_PX) + 4)
    return bool((np.abs(masked[row, middle].astype(int) - bare[row, middle]) > 2).any())


@pytest.mark.parametrize(
    ("mask_class", "nose", "mouth", "chin"),
    [
        (MaskClass.CORRECT, True, True, True),
        (MaskClass.NOSE, False, True, True),
        (MaskClass.NOSE_MOUTH, False, False, True),
        (MaskClass.CHIN, True, True, False),
    ],
)
def test_each_class_covers_what_its_name_says(mask_class: MaskClass, nose: bool, mouth: bool, chin: bool) -> None:
    for seed in range(12):
        assert _changed(seed, mask_class, head.NOSE_Y) is nose
        assert _changed(seed, mask_class, head.MOUTH_Y) is mouth
        assert _changed(seed, mask_class, 0.985) is chin


def test_the_same_seed_draws_the_same_picture() -> None:
    pictures = []
    for _ in range(2):
        rng = np.random.default_rng(5)
        canvas = background(rng, 160, 120)
        draw(canvas, Head.random(rng, MaskClass.NOSE), 70.5, 60.25, 80.0)
        pictures.append(add_sensor_noise(canvas, rng, 0.9, 4.0))
    assert np.array_equal(pictures[0], pictures[1])
    assert pictures[0].shape == (120, 160, 3)
    assert pictures[0].dtype == np.uint8


def test_each_seed_gives_another_head() -> None:
    heads = {Head.random(np.random.default_rng(seed), MaskClass.CORRECT) for seed in range(20)}
    assert len(heads) == 20


def test_the_box_is_that_of_the_face() -> None:
    head = _upright(None, 3)
    _, box = _drawn(head)
    assert box.centre == pytest.approx((CENTRE_PX, CENTRE_PX))
    assert box.height_px == HEIGHT_PX
    assert box.width_px < box.height_px


@pytest.mark.parametrize("centre", [(-30.0, 50.0), (230.0, 230.0), (100.0, -500.0)])
def test_a_head_beyond_the_edge_is_cut_off(centre: tuple[float, float]) -> None:
    canvas = np.zeros((SIZE_PX, SIZE_PX, 3), np.uint8)
    box = draw(canvas, _upright(MaskClass.CHIN, 1), *centre, HEIGHT_PX)
    assert box.centre == pytest.approx(centre)


def test_a_head_outside_the_canvas_changes_nothing() -> None:
    canvas = background(np.random.default_rng(0), SIZE_PX, SIZE_PX)
    before = canvas.copy()
    draw(canvas, _upright(MaskClass.CHIN, 1), 5000.0, CENTRE_PX, HEIGHT_PX)
    assert np.array_equal(canvas, before)


def test_the_masks_of_the_classes_do_not_overlap() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        assert Mask.random(rng, MaskClass.CORRECT).top_y < 0.6 < Mask.random(rng, MaskClass.NOSE).top_y
        assert Mask.random(rng, MaskClass.NOSE).top_y < head.MOUTH_Y - 0.04
        assert Mask.random(rng, MaskClass.NOSE_MOUTH).top_y > head.MOUTH_Y + 0.04
        assert head.MOUTH_Y + 0.04 < Mask.random(rng, MaskClass.CHIN).bottom_y < 0.9


def test_sensor_noise_stays_within_0_and_255() -> None:
    bright = np.full((8, 8, 3), 250, np.uint8)
    rng = np.random.default_rng(0)
    assert add_sensor_noise(bright, rng, 2.0, 0.0).min() == 255
    assert add_sensor_noise(bright, rng, 0.0, 0.0).max() == 0
    assert np.array_equal(add_sensor_noise(bright, rng, 1.0, 0.0), bright)
