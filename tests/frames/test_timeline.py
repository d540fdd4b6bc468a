"""Time stamps of containers: what counts as a pause, and what is a bad stamp."""

import math

import pytest

from binarycop.frames.timeline import Timeline
from tests.tried import Kind, tried


def times_s(*stamps_s: float, period_s: float = 0.05) -> list[float]:
    timeline = Timeline(period_s)
    return [timeline.at(stamp_s) for stamp_s in stamps_s]


def test_times_begin_at_0_and_follow_the_stamps_of_a_varying_rate() -> None:
    assert times_s(7.0, 7.1, 7.5, 7.52) == pytest.approx([0.0, 0.1, 0.5, 0.52])


@pytest.mark.parametrize("pause_s", [11.0, 40.0, 86_400.0, 1.7e9])
def test_a_jump_forward_is_a_pause(pause_s: float) -> None:
    assert times_s(0.0, 0.05, 0.1 + pause_s, 0.15 + pause_s) == pytest.approx(
        [0.0, 0.05, 0.1 + pause_s, 0.15 + pause_s]
    )


@pytest.mark.parametrize("bad_s", [0.0, 7.0, -3.0, math.nan, math.inf, -math.inf])
@tried(Kind.CLIP, "single stamps that are 0, equal, negative or no number", "replaced by one period; no pause")
def test_a_bad_stamp_counts_as_one_period_and_the_next_good_one_is_no_pause(bad_s: float) -> None:
    assert times_s(6.95, 7.0, bad_s, 7.1, 7.15) == pytest.approx([0.0, 0.05, 0.1, 0.15, 0.2], abs=0.002)


def test_frames_without_a_stamp_at_the_end_each_last_as_long_as_those_before() -> None:
    """OpenCV 4 gives none for the last frames that its decoder holds back. The stated rate is a mean over pauses."""
    stamps_s = (0.0, 0.05, 40.1, 40.15, 0.0, 0.0)
    assert times_s(*stamps_s, period_s=0.85) == pytest.approx([0.0, 0.05, 40.1, 40.15, 40.2, 40.25])


def test_a_frame_without_a_stamp_after_a_pause_lasts_as_long_as_those_before_it() -> None:
    assert times_s(0.0, 0.05, 40.1, 0.0) == pytest.approx([0.0, 0.05, 40.1, 40.15])


def test_a_container_without_stamps_has_the_stated_rate() -> None:
    assert times_s(0.0, 0.0, 0.0) == pytest.approx([0.0, 0.05, 0.1])


@tried(Kind.CLIP, "recordings joined in one file, whose time stamps start again", "read on, one after the other")
def test_stamps_that_start_again_go_on() -> None:
    assert times_s(0.0, 0.05, 0.1, 0.0, 0.05, 0.1, 0.15) == pytest.approx([0.05 * number for number in range(7)])


def test_stamps_that_start_again_may_pass_those_before_without_a_pause() -> None:
    assert times_s(5.0, 5.05, 0.0, 3.0, 6.0) == pytest.approx([0.0, 0.05, 0.1, 3.1, 6.1])


def test_times_always_increase() -> None:
    found_s = times_s(1.0, 1.0, 1.0, 1.04, 1.05, 0.9, 1.06, 1.06)
    assert found_s == sorted(set(found_s))
