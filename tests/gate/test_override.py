"""The limits of the override input."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from binarycop.gate import override
from binarycop.gate.override import Override
from binarycop.settings.gate import GateSettings

SETTINGS = GateSettings(override_s=60, override_release_s=3, override_per_hour_s=600)


def on_s_in_a_day(active_s: float, released_s: float, settings: GateSettings = SETTINGS) -> float:
    """For how many seconds of a day the override is on if its contact closes and opens with these times."""
    state, now_s, on_s = override.expire(Override(), settings, 0.0), 10.0, 0.0
    while now_s < 86400:
        state, _ = override.activate(override.expire(state, settings, now_s), settings, now_s)
        end_s = state.end_s(settings)
        on_s += min(active_s, end_s - now_s) if end_s is not None else 0.0
        state = override.release(override.expire(state, settings, now_s + active_s), now_s + active_s)
        now_s += active_s + released_s
    return on_s


def test_a_contact_that_breaks_every_30_s_has_permission_once() -> None:
    assert on_s_in_a_day(30, 0.1) == 30


def test_a_key_that_is_turned_again_and_again_has_its_budget_in_each_hour() -> None:
    assert on_s_in_a_day(55, 5) == 24 * 600


def test_more_activations_than_are_remembered_are_refused() -> None:
    assert on_s_in_a_day(1, 4, GateSettings(override_s=1, override_per_hour_s=600)) == 24 * 64


def test_the_last_activation_within_the_budget_is_shorter() -> None:
    state = Override(inactive_since_s=0.0, spans=((100.0, 690.0),))
    state, reason = override.activate(state, SETTINGS, 700.0)
    assert (reason, state.end_s(SETTINGS)) == ("", 710.0)


def test_a_reload_that_shortens_the_budget_acts_on_the_permission_that_is_on() -> None:
    state = Override(inactive_since_s=0.0, spans=((3000.0, 3020.0),))
    state, _ = override.activate(state, SETTINGS, 3100.0)
    assert state.end_s(SETTINGS) == 3160.0
    assert state.end_s(replace(SETTINGS, override_per_hour_s=50)) == 3130.0
    assert state.end_s(replace(SETTINGS, override_per_hour_s=10)) == 3100.0
    assert state.end_s(replace(SETTINGS, override_per_hour_s=3600)) == 3160.0


def test_only_what_lies_within_the_last_hour_is_counted() -> None:
    state = Override(inactive_since_s=0.0, spans=((100.0, 690.0),))
    state, _ = override.activate(state, replace(SETTINGS, override_s=3600), 3800.0)
    assert state.limit_s == 600 - (690 - 200)


def test_a_second_activation_without_a_release_between_changes_nothing() -> None:
    state, _ = override.activate(Override(inactive_since_s=0.0), SETTINGS, 100.0)
    again, reason = override.activate(state, SETTINGS, 120.0)
    assert (again, reason) == (state, "")


@given(
    st.lists(st.tuples(st.floats(0.01, 400), st.booleans()), max_size=300),
    st.builds(
        GateSettings,
        override_s=st.floats(1, 3600),
        override_release_s=st.floats(0.1, 60),
        override_per_hour_s=st.floats(1, 3600),
    ),
)
def test_no_hour_ever_has_more_than_its_budget(steps: list[tuple[float, bool]], settings: GateSettings) -> None:
    state, now_s = override.expire(Override(), settings, 0.0), 0.0
    on: list[tuple[float, float]] = []
    for wait_s, active in steps:
        before, end_s = now_s, state.end_s(settings)
        now_s += wait_s
        if end_s is not None:
            on.append((before, min(end_s, now_s)))
        state = override.expire(state, settings, now_s)
        state = override.activate(state, settings, now_s)[0] if active else override.release(state, now_s)
    for _, end_s in on:
        spent_s = sum(max(0.0, min(end, end_s) - max(begin, end_s - 3600)) for begin, end in on)
        assert spent_s <= settings.override_per_hour_s + 1e-6
    assert len(state.spans) <= 64
