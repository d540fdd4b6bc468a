"""The box for the crop: calm while its owner stands, and with them when they move."""

import numpy as np
import pytest

from binarycop.geometry import Box
from binarycop.tracking import box_filter

HERE = Box(100, 100, 60, 80)
FIND_S = 0.16


def grown(scale: float, x: float = 130.0, y: float = 140.0) -> Box:
    return Box(x - 30 * scale, y - 40 * scale, 60 * scale, 80 * scale)


def test_a_finders_noise_is_damped_to_half() -> None:
    rng = np.random.default_rng(2)
    calm, sizes, centres, raw = box_filter.initiate(HERE, 0.0), [], [], []
    for number in range(1, 400):
        x, y = rng.normal(0, 0.02 * 80, 2)
        raw.append(rng.normal(0, 0.03))
        calm = box_filter.update(calm, grown(float(np.exp(raw[-1])), 130 + x, 140 + y), FIND_S * number)
        sizes.append(np.log(calm.box.height_px / 80))
        centres.append(calm.box.centre[0] - 130)
    assert np.std(np.diff(sizes)) < 0.6 * np.std(np.diff(raw))
    assert np.std(centres) < 0.6 * 0.02 * 80


def test_a_finder_in_two_minds_about_the_size_does_not_have_its_way() -> None:
    calm = box_filter.initiate(HERE, 0.0)
    for number in range(1, 40):
        before = calm.box.height_px
        calm = box_filter.update(calm, grown(1.4 if number % 5 == 0 else 1.0), FIND_S * number)
        assert calm.box.height_px == pytest.approx(before, rel=0.09)
        assert calm.box.height_px == pytest.approx(80, rel=0.15)


def test_a_step_aside_is_taken_over_at_once() -> None:
    calm = box_filter.update(box_filter.initiate(HERE, 0.0), grown(1.0, 170, 130), FIND_S)
    assert calm.box.centre == pytest.approx((170, 130))


def test_a_box_goes_with_the_face_from_frame_to_frame() -> None:
    calm = box_filter.predict(box_filter.initiate(HERE, 0.0), Box(98, 99, 61, 80), Box(101, 95, 61, 80), 0.04)
    assert calm.box == Box(103, 96, 60, 80)


def test_who_comes_nearer_at_a_walk_is_kept_up_with_between_finds_too() -> None:
    calm, true = box_filter.initiate(HERE, 0.0), 0.0
    for frame in range(1, 50):
        true = float(np.exp(0.5 * 0.04 * frame))
        calm = box_filter.predict(calm, HERE, HERE, 0.04 * frame)
        if frame % 4 == 0:
            calm = box_filter.update(calm, grown(true), 0.04 * frame)
        if frame > 25:
            assert calm.box.height_px == pytest.approx(80 * true, rel=0.05)


def test_two_finds_at_one_moment_are_no_error() -> None:
    calm = box_filter.update(box_filter.initiate(HERE, 1.0), grown(1.1), 1.0)
    assert calm.growth_hz == 0.0
