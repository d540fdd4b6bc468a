"""Whose face is whose from one answer of the finder to the next: boxes alone, without pictures."""

from binarycop.geometry import Box
from binarycop.tracking import tracks
from binarycop.tracking.tracks import Tracks

LOST_S = 0.5
HERE = Box(0, 0, 40, 50)


def seen(*answers: list[Box]) -> Tracks:
    """The state after these answers, one every 0.1 s."""
    state = Tracks()
    for number, boxes in enumerate(answers):
        now_s = 0.1 * number
        state = tracks.update(state, state.boxes(), [(box, None) for box in boxes], None, now_s)
        state = tracks.prune_and_select(state, now_s, LOST_S)
    return state


def person(state: Tracks) -> int | None:
    return state.in_front.person if state.in_front else None


def test_nobody_is_nobody() -> None:
    assert person(seen([], [])) is None


def test_who_comes_nearer_stays_the_same_person() -> None:
    assert person(seen(*([Box(100 - 3 * n, 50 - 3 * n, 40 + 6 * n, 50 + 6 * n)] for n in range(10)))) == 1


def test_a_quick_step_aside_is_still_the_same_person() -> None:
    assert person(seen([HERE], [Box(36, 0, 40, 50)])) == 1


def test_a_larger_face_elsewhere_or_one_of_quite_another_size_is_another_person() -> None:
    assert person(seen([HERE], [Box(200, 0, 50, 60)])) == 2
    assert person(seen([HERE], [Box(0, 0, 110, 130)])) == 2


def test_each_of_two_people_keeps_the_face_that_is_most_like_their_last_one() -> None:
    left, right = Box(0, 0, 40, 50), Box(30, 0, 44, 54)
    state = seen([left, right], [Box(28, 0, 44, 54), Box(-2, 0, 40, 50)])
    assert [(one.key, one.box.x_px) for one in state.all] == [(1, -2), (2, 28)]


def test_a_person_gets_a_number_when_they_are_first_in_front_and_keeps_it() -> None:
    near, far = Box(100, 0, 60, 80), Box(0, 0, 30, 40)
    state = seen([far, near], [far, near])
    assert [(one.box.x_px, one.person) for one in state.all] == [(0, None), (100, 1)]
    state = seen([far, near], *([[far]] * 8))
    assert [(one.box.x_px, one.person) for one in state.all] == [(0, 2)]
    assert state.last_person_id == 2


def test_after_a_passage_nobody_has_a_number_and_nobody_is_in_front() -> None:
    state = tracks.reset_identities(seen([HERE]))
    assert state.in_front is None
    assert person(tracks.prune_and_select(state, 0.1, LOST_S)) == 2
