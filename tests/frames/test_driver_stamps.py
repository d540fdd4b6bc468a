"""When a picture was captured, by its driver's time stamp."""

import pytest

from binarycop.frames.driver_stamps import DriverStamps

WALL_MS = 1.7e12


def test_a_picture_has_the_time_of_its_stamp() -> None:
    stamps = DriverStamps(100.0, 100_050.0, 100.1)
    assert stamps.captured_s(100_083.0, 100.1) == pytest.approx(100.083)


def test_a_picture_that_waited_in_the_drivers_queue_is_as_old_as_it_is() -> None:
    stamps = DriverStamps(100.0, 100_050.0, 100.1)
    assert stamps.captured_s(100_200.0, 130.0) == pytest.approx(100.2)


def test_a_stamp_in_the_future_is_now() -> None:
    stamps = DriverStamps(100.0, 100_050.0, 100.1)
    assert stamps.captured_s(100_900.0, 100.2) == 100.2


@pytest.mark.parametrize("first_ms", [0.0, 98_000.0, 100_200.0, WALL_MS, -5.0])
def test_the_stamps_of_another_clock_are_not_used(first_ms: float) -> None:
    stamps = DriverStamps(100.0, first_ms, 100.1)
    assert stamps.captured_s(first_ms + 33, 100.2) == 100.2


@pytest.mark.parametrize("first_ms", [100_050.0, WALL_MS])
def test_a_stamp_of_any_clock_has_to_advance(first_ms: float) -> None:
    stamps = DriverStamps(100.0, first_ms, 100.1)
    steps_ms = (33, 66, 66, 66, 99, 40, 73)
    assert [stamps.has_advanced(first_ms + step) for step in steps_ms] == [True, True, False, False, True, False, True]


def test_a_driver_without_stamps_is_not_stuck() -> None:
    stamps = DriverStamps(100.0, 0.0, 100.1)
    assert all(stamps.has_advanced(0.0) for _ in range(5))


def test_a_driver_that_stops_to_give_stamps_is_stuck() -> None:
    stamps = DriverStamps(100.0, 100_050.0, 100.1)
    assert not any(stamps.has_advanced(0.0) for _ in range(5))


@pytest.mark.parametrize("days", [24.8, 24.9, 30, 49.7, 49.8, 60, 200])
def test_stamps_that_wrapped_in_32_bits_are_still_right(days: float) -> None:
    now_s = days * 86400

    def wrapped_ms(at_s: float) -> float:
        seconds = int(at_s)
        return (1000 * seconds + 2**31) % 2**32 - 2**31 + 1000 * (at_s - seconds)

    stamps = DriverStamps(now_s, wrapped_ms(now_s + 0.05), now_s + 0.1)
    for step in range(1, 5000):
        at_s = now_s + 0.05 + step
        assert stamps.captured_s(wrapped_ms(at_s), at_s + 0.75) == pytest.approx(at_s, abs=1e-3)
        assert stamps.has_advanced(wrapped_ms(at_s))
