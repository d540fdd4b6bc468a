"""Template matching locates a face in the next frame."""

import numpy as np
import pytest

from binarycop.frames.low_res import subsample
from binarycop.geometry import Box
from binarycop.tracking import template
from binarycop.tracking.template import Template
from tests.detection.scenes import scene

HERE = Box(60, 40, 30, 36)


def face_at(box: Box, *, noise: int = 0, scale: int = 1) -> Template:
    """The template of person 1 at a box of the unscaled frame."""
    extracted = template.extract(subsample(scene({1: box}, noise=noise, scale=scale)), scaled(box, scale))
    assert extracted is not None
    return extracted


def scaled(box: Box, scale: int) -> Box:
    return Box(box.x_px * scale, box.y_px * scale, box.width_px * scale, box.height_px * scale)


def test_a_face_that_moves_eight_pixels_a_frame_is_still_located_after_ten_frames() -> None:
    rng = np.random.default_rng(4)
    face = face_at(HERE, noise=1)
    box = true = HERE
    for number in range(10):
        step_x, step_y = (int(step) for step in rng.choice([-8, -5, 0, 3, 8], 2))
        true = Box(min(max(true.x_px + step_x, 0), 130), min(max(true.y_px + step_y, 0), 84), 30, 36)
        match = template.match(face, subsample(scene({1: true}, noise=number + 2)), box)
        box = match.box
    assert match.correlation > 0.9
    assert box.iou(true) >= 0.9


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_large_frame_gives_the_same_position(scale: int) -> None:
    true = Box(66, 37, 30, 36)
    frame = subsample(scene({1: true}, scale=scale))
    match = template.match(face_at(HERE, scale=scale), frame, scaled(HERE, scale))
    assert match.box.iou(scaled(true, scale)) > 0.95


def test_a_large_face_has_a_small_template_and_is_still_located() -> None:
    before, after = Box(20, 10, 80, 96), Box(33, 3, 80, 96)
    face = face_at(before)
    assert max(face.patch.shape) <= 24
    assert template.match(face, subsample(scene({1: after})), before).box.iou(after) > 0.95


def test_a_face_does_not_correlate_with_the_wall_or_with_another_face() -> None:
    face = face_at(HERE)
    assert template.match(face, subsample(scene({}, noise=1)), HERE).correlation < 0.5
    assert template.match(face, subsample(scene({2: HERE})), HERE).correlation < 0.5


def test_there_is_no_template_of_a_flat_area_or_of_a_sliver_at_the_edge() -> None:
    flat = subsample(np.full((120, 160, 3), 90, np.uint8))
    assert template.extract(flat, HERE) is None
    assert template.extract(subsample(scene({1: HERE})), Box(157, 40, 30, 36)) is None


@pytest.mark.parametrize(
    "box", [Box(-500, 0, 30, 36), Box(0, 900, 30, 36), Box(150, 110, 30, 36), Box(-25, -30, 30, 36)]
)
def test_a_search_outside_the_frame_is_no_match_and_no_error(box: Box) -> None:
    assert template.match(face_at(HERE), subsample(scene({})), box).correlation < 0.6
