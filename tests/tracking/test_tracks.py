"""Which detection belongs to which track, from one result of the detector to the next. Only boxes, no templates."""

from binarycop.geometry import Box
from binarycop.tracking import tracks
from binarycop.tracking.tracks import Tracks

LOST_S = 0.5
HERE = Box(0, 0, 40, 50)


def state_after(*results: list[Box]) -> Tracks:
    """The state after these results of the detector, one every 0.1 s."""
    state = Tracks()
    for number, boxes in enumerate(results):
        now_s = 0.1 * number
        state = tracks.update(state, state.expected(now_s), [(box, None) for box in boxes], None, now_s)
        state = tracks.prune_and_select(tracks.count_misses(state), now_s, LOST_S)
    return state


def person(state: Tracks) -> int | None:
    return state.front_track.person if state.front_track else None


def test_without_detections_nobody_is_in_front() -> None:
    assert person(state_after([], [])) is None


def test_a_person_who_comes_nearer_stays_the_same_person() -> None:
    assert person(state_after(*([Box(100 - 3 * n, 50 - 3 * n, 40 + 6 * n, 50 + 6 * n)] for n in range(10)))) == 1


def test_a_quick_step_aside_is_still_the_same_person() -> None:
    assert person(state_after([HERE], [Box(36, 0, 40, 50)])) == 1


def test_a_larger_face_elsewhere_or_one_of_a_very_different_size_is_another_person() -> None:
    assert person(state_after([HERE], [Box(200, 0, 50, 60)])) == 2
    assert person(state_after([HERE], [Box(0, 0, 110, 130)])) == 2


def test_each_of_two_people_keeps_the_detection_that_overlaps_most() -> None:
    left, right = Box(0, 0, 40, 50), Box(30, 0, 44, 54)
    state = state_after([left, right], [Box(28, 0, 44, 54), Box(-2, 0, 40, 50)])
    assert [(track.track_id, track.box.x_px) for track in state.tracks] == [(1, -2), (2, 28)]


def test_a_person_gets_a_number_when_first_in_front_and_keeps_it() -> None:
    near, far = Box(100, 0, 60, 80), Box(0, 0, 30, 40)
    state = state_after([far, near], [far, near])
    assert [(track.box.x_px, track.person) for track in state.tracks] == [(0, None), (100, 1)]
    state = state_after([far, near], *([[far]] * 8))
    assert [(track.box.x_px, track.person) for track in state.tracks] == [(0, 2)]
    assert state.last_person_id == 2


def test_after_a_passage_nobody_is_in_front_and_the_next_number_is_new() -> None:
    state = tracks.reset_identities(state_after([HERE]))
    assert state.front_track is None
    assert person(tracks.prune_and_select(state, 0.1, LOST_S)) == 2


def test_a_face_that_a_search_need_not_find_is_not_lost_without_it() -> None:
    large, small = Box(100, 0, 60, 80), Box(0, 0, 30, 40)
    state = state_after([large, small])
    for found, least_px, visible in (
        ([large], 45.0, [True, True]),
        ([large], 0.0, [True, False]),
        ([], 45.0, [False, True]),
    ):
        after = tracks.update(state, state.expected(0.1), [(box, None) for box in found], None, 0.1, least_px=least_px)
        assert [track.is_visible for track in after.tracks] == visible
