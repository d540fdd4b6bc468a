"""Which detection is whose face, while frames come often, seldom, or at irregular times."""

from collections.abc import Sequence
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from binarycop.geometry import Box
from binarycop.tracking import tracks
from binarycop.tracking.association import Expected, associate, expect
from binarycop.tracking.tracks import Tracks

LOST_S = 0.5
HERE = Box(100, 40, 40, 50)


def moved(box: Box, right_px: float, scale: float = 1.0) -> Box:
    x, y = box.centre
    return Box.centred(x + right_px, y, box.width_px * scale, box.height_px * scale)


def people_seen(boxes: Sequence[tuple[float, Sequence[Box]]]) -> list[int | None]:
    """Who is in front after each frame, of which each has its time and its faces."""
    state, people = Tracks(), list[int | None]()
    for now_s, faces in boxes:
        # As the tracker does: first the time until the frame, then the frame.
        state = tracks.prune_and_select(state, now_s, LOST_S)
        state = tracks.update(state, state.expected(now_s), [(face, None) for face in faces], None, now_s)
        state = tracks.prune_and_select(tracks.count_misses(state), now_s, LOST_S)
        people.append(state.front_track.person if state.front_track else None)
    return people


def test_a_face_that_was_just_seen_is_expected_where_it_was_however_fast_it_went() -> None:
    assert expect(HERE, (500, 0), 1.0, 0.1) == Expected(HERE)


def test_a_face_that_no_frame_has_shown_is_expected_where_it_went_but_not_for_ever() -> None:
    expected = expect(HERE, (100, 0), 0.5, 0.4)
    assert expected.box.centre == (HERE.centre[0] + 40, HERE.centre[1])
    assert expected.box.longer_px > HERE.longer_px
    far = expect(HERE, (100, 0), 0.5, 30)
    assert far.box.centre[0] - HERE.centre[0] < 100


def test_the_longer_nothing_showed_a_face_the_farther_away_it_may_be() -> None:
    beside = moved(HERE, 60)
    assert not associate({1: Expected(HERE)}, [beside])
    assert associate({1: Expected(HERE, unseen_s=0.5)}, [beside]) == {1: 0}
    assert not associate({1: Expected(HERE, unseen_s=0.5)}, [moved(HERE, 150)])


def test_a_face_of_a_very_different_size_is_another_one_however_long_nothing_showed_the_first() -> None:
    assert not associate({1: Expected(HERE, unseen_s=0.6)}, [moved(HERE, 30, scale=0.3)])


INTERVALS = st.lists(st.floats(0.02, 0.45), min_size=8, max_size=40)


@given(INTERVALS, st.floats(-110, 110), st.floats(-0.4, 0.4))
def test_one_person_who_walks_is_one_person_at_whatever_times_frames_come(
    intervals_s: list[float], speed_px_s: float, growth_hz: float
) -> None:
    times_s = list(accumulate(intervals_s))
    frames = [(now_s, [moved(HERE, speed_px_s * now_s, 2.718 ** (growth_hz * min(now_s, 3)))]) for now_s in times_s]
    assert set(people_seen(frames)) == {1}


@given(st.lists(st.floats(0.02, 1.9), min_size=3, max_size=30))
def test_one_person_who_stands_is_one_person_while_no_gap_is_as_long_as_two_seconds(intervals_s: list[float]) -> None:
    assert set(people_seen([(now_s, [HERE]) for now_s in accumulate(intervals_s)])) == {1}


@given(st.lists(st.floats(0.3, 0.9), min_size=4, max_size=20), st.data())
def test_one_frame_without_the_face_does_not_make_two_people_of_one_while_frames_come_seldom(
    intervals_s: list[float], data: st.DataObject
) -> None:
    missed = data.draw(st.integers(1, len(intervals_s) - 2))
    faces = [[] if index == missed else [HERE] for index in range(len(intervals_s))]
    assert set(people_seen(list(zip(accumulate(intervals_s), faces)))) == {1}


@given(INTERVALS)
def test_two_people_far_apart_are_never_taken_for_each_other(intervals_s: list[float]) -> None:
    other = moved(HERE, 250, scale=1.3)
    times_s = list(accumulate(intervals_s))
    frames: list[tuple[float, list[Box]]] = [(now_s, [HERE]) for now_s in times_s]
    frames.append((times_s[-1] + 0.3, [other]))
    assert people_seen(frames)[-1] == 2


def test_somebody_who_comes_after_two_seconds_without_a_frame_is_another_person() -> None:
    assert people_seen([(0.0, [HERE]), (2.1, [HERE])]) == [1, 2]


def test_while_frames_come_often_a_person_has_left_after_half_a_second() -> None:
    frames = [(0.1 * number, [HERE] if number in (0, 7) else []) for number in range(8)]
    assert people_seen(frames) == [1, 1, 1, 1, 1, 1, None, 2]


def test_a_gap_is_counted_when_a_face_is_found_again_after_it() -> None:
    state, gaps = Tracks(), []
    for now_s in (0.0, 0.3, 0.9, 1.2, 2.0):
        state = tracks.update(state, state.expected(now_s), [(HERE, None)], None, now_s)
        state = tracks.prune_and_select(state, now_s, LOST_S)
        gaps.append(state.tracks[0].gaps)
    assert gaps == [0, 0, 1, 1, 2]
