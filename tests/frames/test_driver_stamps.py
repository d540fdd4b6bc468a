"""When a picture was captured, by its driver's time stamp."""

import pytest

from binarycop.frames.driver_stamps import DriverStamps

WALL_S = 1.7e9


def test_a_picture_has_the_time_of_its_stamp() -> None:
    stamps = DriverStamps(100.0, 100.05, 100.1)
    assert stamps.captured_s(100.083, 100.1) == 100.083


def test_a_picture_that_waited_in_the_drivers_queue_is_as_old_as_it_is() -> None:
    stamps = DriverStamps(100.0, 100.05, 100.1)
    assert stamps.captured_s(100.2, 130.0) == 100.2


def test_a_stamp_in_the_future_is_now() -> None:
    stamps = DriverStamps(100.0, 100.05, 100.1)
    assert stamps.captured_s(100.9, 100.2) == 100.2


@pytest.mark.parametrize("first_s", [0.0, 98.0, 100.2, WALL_S, -0.005])
def test_the_stamps_of_another_clock_are_not_used(first_s: float) -> None:
    stamps = DriverStamps(100.0, first_s, 100.1)
    assert stamps.captured_s(first_s + 0.033, 100.2) == 100.2


@pytest.mark.parametrize("first_s", [100.05, WALL_S])
def test_a_stamp_of_any_clock_has_to_advance(first_s: float) -> None:
    stamps = DriverStamps(100.0, first_s, 100.1)
    steps_s = (0.033, 0.066, 0.066, 0.066, 0.099, 0.04, 0.073)
    assert [stamps.has_advanced(first_s + step) for step in steps_s] == [True, True, False, False, True, False, True]


def test_a_driver_without_stamps_is_not_stuck() -> None:
    stamps = DriverStamps(100.0, 0.0, 100.1)
    assert all(stamps.has_advanced(0.0) for _ in range(5))


def test_a_driver_that_stops_to_give_stamps_is_stuck() -> None:
    stamps = DriverStamps(100.0, 100.05, 100.1)
    assert not any(stamps.has_advanced(0.0) for _ in range(5))
