"""From one person's scores to one verdict."""

from hypothesis import given
from hypothesis import strategies as st

from binarycop import verdict
from binarycop.classes import GateStatus
from binarycop.settings.verdict import VerdictSettings
from binarycop.verdict import VoteWindow

SETTINGS = VerdictSettings(votes=3, window=5, within_s=1.0, give_up_s=2.0)
CORRECT, NOSE, TIE = (40, 0, 0, 0), (0, 40, 0, 0), (40, 40, 0, 0)


def window_of(*frames: tuple[int, ...], every_s: float = 0.1, margin: int = 4) -> VoteWindow:
    """The votes of person 1 after these frames' scores."""
    window: VoteWindow | None = None
    for index, scores in enumerate(frames):
        window = verdict.step(window, 1, scores, index * every_s, SETTINGS, margin)
    assert window is not None
    return window


def test_enough_equal_votes_make_a_verdict() -> None:
    assert window_of(CORRECT, CORRECT).verdict is None
    decided = window_of(CORRECT, NOSE, CORRECT, CORRECT).verdict
    assert decided == verdict.Verdict(GateStatus.CORRECT, 0.30000000000000004, 3, 4, 40.0)


def test_a_frame_with_a_small_margin_abstains() -> None:
    assert window_of(TIE, TIE, TIE, TIE).verdict is None
    assert window_of(CORRECT, CORRECT, CORRECT, margin=41).verdict is None


def test_votes_that_are_too_old_do_not_count() -> None:
    assert window_of(CORRECT, CORRECT, CORRECT, every_s=0.6).verdict is None


def test_another_person_starts_without_votes() -> None:
    window = verdict.step(window_of(CORRECT, CORRECT, CORRECT), 2, CORRECT, 0.4, SETTINGS, 4)
    assert (window.person, window.verdict, len(window.votes)) == (2, None, 1)


def test_a_person_who_pulls_the_mask_down_loses_the_verdict_and_gets_another() -> None:
    assert window_of(CORRECT, CORRECT, CORRECT, NOSE, NOSE, NOSE).verdict == verdict.Verdict(
        GateStatus.NOSE, 0.5, 3, 5, 40.0
    )
    assert window_of(CORRECT, CORRECT, CORRECT, TIE, TIE, TIE).verdict is None


def test_a_person_without_a_verdict_for_long_is_undecided_until_there_is_one() -> None:
    undecided = window_of(*[TIE] * 21).verdict
    assert undecided is not None
    assert undecided.status is GateStatus.UNDECIDED
    assert window_of(*[TIE] * 21, NOSE, NOSE, NOSE).verdict == verdict.Verdict(
        GateStatus.NOSE, 2.3000000000000003, 3, 5, 40.0
    )


frames = st.tuples(
    st.integers(1, 3), st.tuples(*[st.integers(-128, 128)] * 4), st.floats(0, 1.5, allow_nan=False), st.integers(0, 60)
)
some_settings = st.integers(1, 12).flatmap(
    lambda window: st.builds(
        VerdictSettings,
        window=st.just(window),
        votes=st.integers(window // 2 + 1, window),
        within_s=st.floats(0.1, 5),
        give_up_s=st.floats(0.1, 5),
    )
)


@given(st.lists(frames, max_size=60), some_settings)
def test_no_class_is_a_verdict_without_enough_recent_votes_of_this_person(
    passage: list[tuple[int, tuple[int, ...], float, int]], settings: VerdictSettings
) -> None:
    window: VoteWindow | None = None
    now_s = 0.0
    seen: list[tuple[int, tuple[int, ...], float, int]] = []
    for person, scores, after_s, margin in passage:
        now_s += after_s
        if window is not None and window.person != person:
            seen = []
        seen.append((person, scores, now_s, margin))
        window = verdict.step(window, person, scores, now_s, settings, margin)
        if window.verdict is None or window.verdict.status is GateStatus.UNDECIDED:
            continue
        own = 0
        for _, cast, at_s, limit in seen[-settings.window :]:
            best, second = sorted(cast, reverse=True)[:2]
            is_recent, is_clear = now_s - at_s <= settings.within_s, best - second >= max(limit, 1)
            own += is_recent and is_clear and list(GateStatus)[cast.index(best)] is window.verdict.status
        assert own == window.verdict.votes
        assert own >= settings.votes
