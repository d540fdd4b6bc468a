"""When the service sleeps and wakes: single cases, and what must hold in every history."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binarycop.service.sleep import RESTLESS_S, Signs, Sleep, Waker, step

AFTER_S = 10.0
STEP_S = 0.25


@dataclass
class History:
    """A service from 0 s on, and what keeps it awake."""

    now_s: float = 0.0
    moved_s: float = float("-inf")
    state: Sleep = field(default_factory=lambda: Sleep.awake(0.0))

    def go_on(self, seconds: float, *, moves: bool = False, waker: Waker | None = None) -> "History":
        """Steps of a quarter of a second."""
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            self.moved_s = self.now_s if moves else self.moved_s
            self.state = step(self.state, Signs(self.moved_s, waker), AFTER_S, self.now_s)
        return self


def test_it_sleeps_when_nothing_has_happened_for_the_time_of_the_settings() -> None:
    history = History().go_on(AFTER_S - STEP_S)
    assert not history.state.is_asleep
    assert history.go_on(STEP_S).state == Sleep(True, AFTER_S, 0.0)


def test_motion_wakes_it_at_once_and_keeps_it_awake_for_the_time_of_the_settings() -> None:
    history = History().go_on(100).go_on(STEP_S, moves=True)
    assert (history.state.is_asleep, history.state.since_s, history.state.woken_by) == (False, 100.25, Waker.MOTION)
    assert not history.go_on(AFTER_S - STEP_S).state.is_asleep
    assert history.go_on(STEP_S).state.is_asleep


@pytest.mark.parametrize("waker", Waker)
def test_each_sign_wakes_it_and_keeps_it_awake_for_as_long_as_it_lasts(waker: Waker) -> None:
    history = History().go_on(100).go_on(1000, waker=waker)
    assert (history.state.is_asleep, history.state.since_s, history.state.woken_by) == (False, 100.25, waker)
    assert not history.go_on(AFTER_S - STEP_S).state.is_asleep
    assert history.go_on(STEP_S).state.is_asleep


def test_the_sign_that_woke_it_is_remembered_until_it_sleeps_again() -> None:
    history = History().go_on(100).go_on(1, moves=True).go_on(1, waker=Waker.FACE)
    assert history.state.woken_by is Waker.MOTION
    assert history.go_on(100).state.woken_by is None


def test_a_light_that_is_switched_on_wakes_it_once() -> None:
    assert History().go_on(100).go_on(STEP_S, moves=True).go_on(AFTER_S).state.is_asleep


@pytest.mark.parametrize("pause_s", [0.0, 5.0, 30.0, RESTLESS_S])
def test_a_light_that_flickers_for_ever_does_not_keep_it_awake_but_a_face_wakes_it(pause_s: float) -> None:
    history = History().go_on(100)
    for _ in range(1000):
        history.go_on(STEP_S, moves=True).go_on(max(pause_s - STEP_S, 0.0))
    assert history.state.is_asleep
    history.go_on(STEP_S, moves=True, waker=Waker.FACE)
    assert not history.state.is_asleep
    history.go_on(RESTLESS_S, moves=True)
    assert not history.state.is_asleep, "a person who has just left may come back, or not be found"
    assert history.go_on(AFTER_S + 1, moves=True).state.is_asleep


def test_after_a_pause_of_the_flicker_motion_wakes_it_again() -> None:
    history = History().go_on(1000, moves=True)
    assert history.state.is_asleep
    assert not history.go_on(RESTLESS_S + 1).go_on(STEP_S, moves=True).state.is_asleep


EVENTS = st.tuples(
    st.sampled_from([STEP_S, 0.5, 3.0, AFTER_S, RESTLESS_S]), st.booleans(), st.sampled_from([None, None, *Waker])
)


@given(st.lists(EVENTS, max_size=60))
def test_it_never_sleeps_near_a_sign_and_always_sleeps_without_one(
    events: list[tuple[float, bool, Waker | None]],
) -> None:
    history, sign_s, calm_since_s = History(), 0.0, 0.0
    for seconds, moves, waker in events:
        for _ in range(round(seconds / STEP_S)):
            pause_s = history.now_s + STEP_S - max(history.moved_s, sign_s)
            history.go_on(STEP_S, moves=moves, waker=waker)
            state, now_s = history.state, history.now_s
            if waker is not None:
                sign_s = now_s
                assert not state.is_asleep
            if moves and (pause_s > RESTLESS_S or now_s - sign_s <= RESTLESS_S):
                assert not state.is_asleep, "motion after a pause, or soon after a face"
            if moves or waker is not None:
                calm_since_s = now_s
            # Never asleep before the time of the settings is over, and always from then on.
            assert not (state.is_asleep and now_s - sign_s < AFTER_S)
            assert state.is_asleep or now_s - calm_since_s < AFTER_S
            assert (state.woken_by is None) == (state.is_asleep or state.since_s == 0.0)
