"""One person's scores over a passage to one verdict."""

from hypothesis import given
from hypothesis import strategies as st

from binarycop import verdict
from binarycop.classes import GateStatus
from binarycop.settings.verdict import VerdictSettings
from binarycop.verdict import VoteWindow

SETTINGS = VerdictSettings(votes=3, window=5, within_s=1.0, give_up_s=2.0)
CORRECT, NOSE, TIE = (40, 0, 0, 0), (0, 40, 0, 0), (40, 40, 0, 0)


def poll_of(*scores: tuple[int, ...], every_s: float = 0.1, margin: int = 4) -> VoteWindow:
    poll: VoteWindow | None = None
    for index, one in enumerate(scores):
        poll = verdict.step(poll, 1, one, index * every_s, SETTINGS, margin)
    assert poll is not None
    return poll


def test_enough_votes_make_a_verdict() -> None:
    assert poll_of(CORRECT, CORRECT).verdict is None
    said = poll_of(CORRECT, NOSE, CORRECT, CORRECT).verdict
    assert said == verdict.Verdict(GateStatus.CORRECT, 0.30000000000000004, 3, 4, 40.0)


def test_a_frame_without_a_clear_best_abstains() -> None:
    assert poll_of(TIE, TIE, TIE, TIE).verdict is None
    assert poll_of(CORRECT, CORRECT, CORRECT, margin=41).verdict is None


def test_votes_older_than_the_time_do_not_count() -> None:
    assert poll_of(CORRECT, CORRECT, CORRECT, every_s=0.6).verdict is None


def test_another_person_starts_from_nothing() -> None:
    poll = verdict.step(poll_of(CORRECT, CORRECT, CORRECT), 2, CORRECT, 0.4, SETTINGS, 4)
    assert (poll.person, poll.verdict, len(poll.votes)) == (2, None, 1)


def test_a_person_who_takes_the_mask_down_loses_the_verdict_and_gets_another() -> None:
    assert poll_of(CORRECT, CORRECT, CORRECT, NOSE, NOSE, NOSE).verdict == verdict.Verdict(
        GateStatus.NOSE, 0.5, 3, 5, 40.0
    )
    assert poll_of(CORRECT, CORRECT, CORRECT, TIE, TIE, TIE).verdict is None


def test_a_person_without_a_verdict_for_long_is_undecided_until_there_is_one() -> None:
    undecided = poll_of(*[TIE] * 21).verdict
    assert undecided is not None
    assert undecided.status is GateStatus.UNDECIDED
    assert poll_of(*[TIE] * 21, NOSE, NOSE, NOSE).verdict == verdict.Verdict(
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
def test_no_class_is_ever_said_without_its_votes_from_this_person_in_time(
    passage: list[tuple[int, tuple[int, ...], float, int]], settings: VerdictSettings
) -> None:
    poll: VoteWindow | None = None
    now_s = 0.0
    seen: list[tuple[int, tuple[int, ...], float, int]] = []
    for person, scores, after_s, margin in passage:
        now_s += after_s
        if poll is not None and poll.person != person:
            seen = []
        seen.append((person, scores, now_s, margin))
        poll = verdict.step(poll, person, scores, now_s, settings, margin)
        if poll.verdict is None or poll.verdict.status is GateStatus.UNDECIDED:
            continue
        own = 0
        for _, cast, at_s, least in seen[-settings.window :]:
            best, second = sorted(cast, reverse=True)[:2]
            named = list(GateStatus)[cast.index(best)]
            own += now_s - at_s <= settings.within_s and best - second >= max(least, 1) and named is poll.verdict.status
        assert own == poll.verdict.votes
        assert own >= settings.votes
