"""Waits between tries, and a recording's time on the clock."""

import pytest

from binarycop.frames.timing import Backoff, Pacing


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(0.5, 5.0)
    assert [backoff.next_s() for _ in range(6)] == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_success_begins_with_the_short_wait_again() -> None:
    backoff = Backoff(0.5, 5.0)
    backoff.next_s()
    backoff.next_s()
    backoff.reset()
    assert backoff.next_s() == 0.5


def test_a_first_wait_over_the_longest_is_cut_to_it() -> None:
    assert Backoff(9.0, 5.0).next_s() == 5.0


def test_a_recording_begins_now_whatever_its_first_time_is() -> None:
    pacing = Pacing()
    assert pacing.due_s(7.0, now_s=100.0) == 100.0
    assert pacing.due_s(7.5, now_s=100.0) == 100.5


def test_a_frame_that_is_a_little_late_keeps_its_time() -> None:
    pacing = Pacing(slack_s=0.25)
    pacing.due_s(0.0, now_s=10.0)
    assert pacing.due_s(1.0, now_s=11.2) == 11.0
    assert pacing.due_s(2.0, now_s=11.3) == 12.0


def test_a_slow_reader_moves_the_recording_later_and_frames_do_not_grow_old() -> None:
    pacing = Pacing(slack_s=0.25)
    now_s = 10.0
    ages_s = []
    for number in range(50):
        ages_s.append(now_s - pacing.due_s(number * 0.1, now_s))
        now_s += 0.3
    assert max(ages_s) <= 0.25


def test_after_a_slow_stretch_the_pace_is_the_recordings_again() -> None:
    pacing = Pacing(slack_s=0.25)
    pacing.due_s(0.0, now_s=0.0)
    assert pacing.due_s(0.1, now_s=5.0) == pytest.approx(5.0)
    assert pacing.due_s(0.2, now_s=5.0) == pytest.approx(5.1)
