"""A face is found again by its picture."""

import numpy as np
import pytest

from binarycop.geometry import Box
from binarycop.tracking import template
from binarycop.tracking.low_res import subsample
from tests.detection.scenes import scene

HERE = Box(60, 40, 30, 36)


def test_a_face_that_moves_eight_pixels_a_frame_is_still_there_after_ten_frames() -> None:
    rng = np.random.default_rng(4)
    picture = template.extract(subsample(scene({1: HERE}, noise=1)), HERE)
    assert picture is not None
    place = true = HERE
    for number in range(10):
        step_x, step_y = (int(one) for one in rng.choice([-8, -5, 0, 3, 8], 2))
        true = Box(min(max(true.x_px + step_x, 0), 130), min(max(true.y_px + step_y, 0), 84), 30, 36)
        found = template.match(picture, subsample(scene({1: true}, noise=number + 2)), place)
        place = found.box
    assert found.correlation > 0.9
    assert place.iou(true) >= 0.9


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_large_frame_gives_the_same_place(scale: int) -> None:
    true = Box(66, 37, 30, 36)
    picture = template.extract(subsample(scene({1: HERE}, scale=scale)), _times(HERE, scale))
    assert picture is not None
    found = template.match(picture, subsample(scene({1: true}, scale=scale)), _times(HERE, scale))
    assert found.box.iou(_times(true, scale)) > 0.95


def test_a_large_face_is_thinned_out_and_found_all_the_same() -> None:
    near, after = Box(20, 10, 80, 96), Box(33, 3, 80, 96)
    picture = template.extract(subsample(scene({1: near})), near)
    assert picture is not None
    assert max(picture.patch.shape) <= 24
    assert template.match(picture, subsample(scene({1: after})), near).box.iou(after) > 0.95


def test_a_face_that_has_gone_is_not_seen_in_the_wall() -> None:
    picture = template.extract(subsample(scene({1: HERE})), HERE)
    assert picture is not None
    assert template.match(picture, subsample(scene({}, noise=1)), HERE).correlation < 0.5
    assert template.match(picture, subsample(scene({2: HERE})), HERE).correlation < 0.5


def test_what_has_nothing_to_be_seen_on_it_cannot_be_followed() -> None:
    flat = subsample(np.full((120, 160, 3), 90, np.uint8))
    assert template.extract(flat, HERE) is None
    assert template.extract(subsample(scene({1: HERE})), Box(157, 40, 30, 36)) is None


@pytest.mark.parametrize(
    "place", [Box(-500, 0, 30, 36), Box(0, 900, 30, 36), Box(150, 110, 30, 36), Box(-25, -30, 30, 36)]
)
def test_a_place_outside_the_frame_is_no_match_and_no_error(place: Box) -> None:
    picture = template.extract(subsample(scene({1: HERE})), HERE)
    assert picture is not None
    assert template.match(picture, subsample(scene({})), place).correlation < 0.6


def _times(box: Box, scale: int) -> Box:
    return Box(box.x_px * scale, box.y_px * scale, box.width_px * scale, box.height_px * scale)
