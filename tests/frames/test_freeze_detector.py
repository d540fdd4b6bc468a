"""A live source that sends identical pictures."""

import numpy as np

from binarycop.frames.freeze_detector import FreezeDetector
from tests.frames.fakes import picture


def test_identical_pictures_for_frozen_s_are_a_freeze() -> None:
    detector = FreezeDetector(5.0)
    assert [detector.is_frozen(picture(9), at_s) for at_s in (0.0, 2.5, 4.9, 5.0, 6.0)] == [
        False,
        False,
        False,
        True,
        True,
    ]


def test_another_picture_ends_the_freeze_and_restarts_the_time() -> None:
    detector = FreezeDetector(5.0)
    for at_s in (0.0, 5.0):
        detector.is_frozen(picture(9), at_s)
    assert not detector.is_frozen(picture(10), 6.0)
    assert not detector.is_frozen(picture(10), 10.9)
    assert detector.is_frozen(picture(10), 11.0)


def test_one_changed_pixel_outside_the_sample_is_another_picture() -> None:
    detector = FreezeDetector(5.0)
    for number in range(20):
        pixels = picture(9)
        pixels[5, 7, 1] = number
        assert not detector.is_frozen(pixels, number * 1.0)


def test_a_change_outside_the_sample_ends_a_freeze_and_can_freeze_again() -> None:
    detector = FreezeDetector(5.0)
    for at_s in (0.0, 1.0, 6.0):
        detector.is_frozen(picture(9), at_s)
    changed = picture(9)
    changed[5, 7, 1] += 1
    assert not detector.is_frozen(changed, 7.0)
    assert not detector.is_frozen(changed, 11.9)
    assert detector.is_frozen(changed, 12.0)


def test_the_detector_does_not_depend_on_the_callers_buffer() -> None:
    detector = FreezeDetector(5.0)
    for at_s in (0.0, 1.0, 5.0):
        pixels = picture(9)
        was_frozen = detector.is_frozen(pixels, at_s)
        pixels[:] = 0
    assert was_frozen


def test_another_size_is_another_picture() -> None:
    detector = FreezeDetector(1.0)
    detector.is_frozen(np.zeros((24, 32, 3), np.uint8), 0.0)
    assert not detector.is_frozen(np.zeros((48, 64, 3), np.uint8), 9.0)


def test_a_slice_of_a_larger_picture_is_compared_without_the_rest() -> None:
    detector = FreezeDetector(5.0)
    large = np.zeros((48, 64, 3), np.uint8)
    for at_s in (0.0, 1.0, 5.0):
        large[30:] = int(at_s)
        was_frozen = detector.is_frozen(large[:24, :32], at_s)
    assert was_frozen
