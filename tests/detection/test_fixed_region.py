"""The detector ``fixed``, which watches a marked region and knows nothing about faces."""

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.fixed_region import FixedRegion
from binarycop.geometry import Box


def room(seed: int, *, light: float = 1.0) -> NDArray[np.uint8]:
    """An empty room. seed: of the sensor noise."""
    wall = np.linspace(60, 120, 320)[None, :, None].repeat(240, axis=0)
    noise = np.random.default_rng(seed).normal(0, 4, (240, 320, 3))
    return np.clip(wall * light + noise, 0, 255).astype(np.uint8)


def with_person(frame: NDArray[np.uint8], shift_px: int = 0) -> NDArray[np.uint8]:
    frame = frame.copy()
    frame[60:180, 110 + shift_px : 210 + shift_px] = (150, 180, 220)
    return frame


def region(*, subtract_background: bool = True) -> FixedRegion:
    return FixedRegion(0.35, 0.25, 0.3, 0.5, subtract_background=subtract_background)


def test_in_a_single_picture_the_region_always_counts_as_a_face() -> None:
    faces = region(subtract_background=False).detect(room(0))
    assert [face.box for face in faces] == [Box(112.0, 60.0, 96.0, 120.0)]


def test_sensor_noise_in_an_empty_region_is_not_a_face() -> None:
    detector = region()
    assert not any(detector.detect(room(seed)) for seed in range(50))


def test_a_person_who_stands_in_the_region_is_detected_until_they_leave() -> None:
    detector = region()
    detector.detect(room(0))
    is_detected = [bool(detector.detect(with_person(room(seed)))) for seed in range(1, 6)]
    assert is_detected == [False, True, True, True, True]  # in the first frame the region still changes
    assert not any(detector.detect(room(seed)) for seed in range(6, 9))


def test_a_person_who_still_moves_through_the_region_is_not_detected() -> None:
    detector = region()
    detector.detect(room(0))
    assert not any(detector.detect(with_person(room(step), -100 + 20 * step)) for step in range(1, 6))


def test_slow_changes_of_daylight_are_not_a_face() -> None:
    detector = region()
    assert not any(detector.detect(room(step, light=1 + step / 1000)) for step in range(600))


def test_an_object_that_stays_for_a_minute_becomes_part_of_the_background() -> None:
    detector = region()
    detector.detect(room(0))
    frames = [with_person(room(seed)) for seed in range(4)]
    is_detected = [bool(detector.detect(frames[index % 4])) for index in range(1900)]
    assert is_detected[1:1700] == [True] * 1699
    assert not any(is_detected[-90:])
