"""The box filter: steady while a person stands, and without delay when they move."""

import numpy as np
import pytest

from binarycop.geometry import Box
from binarycop.tracking import box_filter

HERE = Box(100, 100, 60, 80)
DETECTION_S = 0.16


def scaled(scale: float, x: float = 130.0, y: float = 140.0) -> Box:
    return Box.centred(x, y, 60 * scale, 80 * scale)


def test_the_detectors_noise_is_damped_to_about_half() -> None:
    rng = np.random.default_rng(2)
    state, sizes, centres, raw = box_filter.initiate(HERE, 0.0), [], [], []
    for number in range(1, 400):
        x, y = rng.normal(0, 0.02 * 80, 2)
        raw.append(rng.normal(0, 0.03))
        state = box_filter.update(state, scaled(float(np.exp(raw[-1])), 130 + x, 140 + y), DETECTION_S * number)
        sizes.append(np.log(state.box.height_px / 80))
        centres.append(state.box.centre[0] - 130)
    assert np.std(np.diff(sizes)) < 0.6 * np.std(np.diff(raw))
    assert np.std(centres) < 0.6 * 0.02 * 80


def test_single_detections_of_another_size_hardly_change_the_size() -> None:
    state = box_filter.initiate(HERE, 0.0)
    for number in range(1, 40):
        before = state.box.height_px
        state = box_filter.update(state, scaled(1.4 if number % 5 == 0 else 1.0), DETECTION_S * number)
        assert state.box.height_px == pytest.approx(before, rel=0.09)
        assert state.box.height_px == pytest.approx(80, rel=0.15)


def test_the_centre_follows_a_step_aside_at_once() -> None:
    state = box_filter.update(box_filter.initiate(HERE, 0.0), scaled(1.0, 170, 130), DETECTION_S)
    assert state.box.centre == pytest.approx((170, 130))


def test_the_box_moves_with_the_face_from_frame_to_frame() -> None:
    state = box_filter.predict(box_filter.initiate(HERE, 0.0), Box(98, 99, 61, 80), Box(101, 95, 61, 80), 0.04)
    assert state.box == Box(103, 96, 60, 80)


def test_the_box_grows_with_a_person_who_walks_nearer_also_between_detections() -> None:
    state, true = box_filter.initiate(HERE, 0.0), 0.0
    for frame in range(1, 50):
        true = float(np.exp(0.5 * 0.04 * frame))
        state = box_filter.predict(state, HERE, HERE, 0.04 * frame)
        if frame % 4 == 0:
            state = box_filter.update(state, scaled(true), 0.04 * frame)
        if frame > 25:
            assert state.box.height_px == pytest.approx(80 * true, rel=0.05)


def test_two_detections_at_the_same_time_are_no_error() -> None:
    state = box_filter.update(box_filter.initiate(HERE, 1.0), scaled(1.1), 1.0)
    assert state.growth_hz == 0.0
