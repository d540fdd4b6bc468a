"""A picture that stands still, bit for bit."""

import numpy as np

from binarycop.frames.freeze_detector import FreezeDetector
from tests.frames.fakes import picture


def test_the_same_picture_for_long_enough_is_frozen() -> None:
    freeze = FreezeDetector(5.0)
    assert [freeze.is_frozen(picture(9), at_s) for at_s in (0.0, 2.5, 4.9, 5.0, 6.0)] == [
        False,
        False,
        False,
        True,
        True,
    ]


def test_another_picture_ends_it_at_once_and_the_time_begins_anew() -> None:
    freeze = FreezeDetector(5.0)
    for at_s in (0.0, 5.0):
        freeze.is_frozen(picture(9), at_s)
    assert not freeze.is_frozen(picture(10), 6.0)
    assert not freeze.is_frozen(picture(10), 10.9)
    assert freeze.is_frozen(picture(10), 11.0)


def test_a_single_pixel_beside_the_sample_is_movement() -> None:
    freeze = FreezeDetector(5.0)
    for number in range(20):
        pixels = picture(9)
        pixels[5, 7, 1] = number
        assert not freeze.is_frozen(pixels, number * 1.0)


def test_a_change_beside_the_sample_ends_a_freeze_and_may_freeze_in_turn() -> None:
    freeze = FreezeDetector(5.0)
    for at_s in (0.0, 1.0, 6.0):
        freeze.is_frozen(picture(9), at_s)
    changed = picture(9)
    changed[5, 7, 1] += 1
    assert not freeze.is_frozen(changed, 7.0)
    assert not freeze.is_frozen(changed, 11.9)
    assert freeze.is_frozen(changed, 12.0)


def test_a_picture_written_over_afterwards_is_still_known() -> None:
    freeze = FreezeDetector(5.0)
    for at_s in (0.0, 1.0, 5.0):
        pixels = picture(9)
        was_frozen = freeze.is_frozen(pixels, at_s)
        pixels[:] = 0
    assert was_frozen


def test_another_size_is_another_picture() -> None:
    freeze = FreezeDetector(1.0)
    freeze.is_frozen(np.zeros((24, 32, 3), np.uint8), 0.0)
    assert not freeze.is_frozen(np.zeros((48, 64, 3), np.uint8), 9.0)


def test_a_picture_cut_out_of_a_larger_one_is_read_as_it_looks() -> None:
    freeze = FreezeDetector(5.0)
    large = np.zeros((48, 64, 3), np.uint8)
    for at_s in (0.0, 1.0, 5.0):
        large[30:] = int(at_s)
        was_frozen = freeze.is_frozen(large[:24, :32], at_s)
    assert was_frozen
