"""Waits between attempts, and the pace of a recording."""

import dataclasses

import pytest

from binarycop.frames.timing import Backoff, Pacing
from binarycop.settings.faces import FacesSettings


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(0.5, 5.0)
    assert [backoff.next_s() for _ in range(6)] == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_after_a_success_the_waits_begin_with_the_short_one() -> None:
    backoff = Backoff(0.5, 5.0)
    backoff.next_s()
    backoff.next_s()
    backoff.reset()
    assert backoff.next_s() == 0.5


def test_no_wait_is_longer_than_the_longest() -> None:
    assert Backoff(9.0, 5.0).next_s() == 5.0


def test_the_first_frame_is_due_now() -> None:
    pacing = Pacing()
    assert pacing.due_s(7.0, now_s=100.0) == 100.0
    assert pacing.due_s(7.5, now_s=100.0) == 100.5


def test_a_slightly_late_frame_keeps_its_time() -> None:
    pacing = Pacing(slack_s=0.25)
    pacing.due_s(0.0, now_s=10.0)
    assert pacing.due_s(1.0, now_s=11.2) == 11.0
    assert pacing.due_s(2.0, now_s=11.3) == 12.0


def test_slow_reading_delays_the_recording_so_that_frames_stay_fresh() -> None:
    pacing = Pacing(slack_s=0.25)
    now_s = 10.0
    ages_s = []
    for number in range(50):
        ages_s.append(now_s - pacing.due_s(number * 0.1, now_s))
        now_s += 0.3
    assert max(ages_s) <= 0.25


def test_after_slow_reading_the_recording_has_its_own_pace_again() -> None:
    pacing = Pacing(slack_s=0.25)
    pacing.due_s(0.0, now_s=0.0)
    assert pacing.due_s(0.1, now_s=5.0) == pytest.approx(5.0)
    assert pacing.due_s(0.2, now_s=5.0) == pytest.approx(5.1)


def test_a_long_pause_of_the_recording_is_shortened() -> None:
    pacing = Pacing(pause_s=12.0)
    assert pacing.due_s(0.0, now_s=100.0) == 100.0
    assert pacing.due_s(2400.0, now_s=100.0) == pytest.approx(112.0)
    assert pacing.due_s(2400.0, now_s=105.0) == pytest.approx(112.0)  # asked again while it waits
    assert pacing.due_s(2400.5, now_s=112.0) == pytest.approx(112.5)


def test_no_pause_is_shortened_so_far_that_a_person_stays_the_same() -> None:
    field = next(field for field in dataclasses.fields(FacesSettings) if field.name == "lost_s")
    pacing = Pacing()
    pacing.due_s(0.0, now_s=0.0)
    assert pacing.due_s(3600.0, now_s=0.0) > field.metadata["high"] + 1
