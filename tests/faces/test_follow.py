"""One identity per passage."""

from binarycop.faces import follow
from binarycop.faces.base import nearest
from binarycop.faces.box import Box, Face
from binarycop.faces.follow import Following

LOST_S = 0.5


def walk(*seen: tuple[float, Box | None]) -> list[int | None]:
    state, people = Following(), []
    for now_s, box in seen:
        state = follow.step(state, box, now_s, LOST_S)
        people.append(state.person)
    return people


def test_nobody_is_nobody() -> None:
    assert walk((0, None), (1, None)) == [None, None]


def test_who_comes_nearer_stays_the_same_person() -> None:
    boxes = [Box(100 - 3 * n, 50 - 3 * n, 40 + 6 * n, 50 + 6 * n) for n in range(10)]
    assert walk(*[(n * 0.1, box) for n, box in enumerate(boxes)]) == [1] * 10


def test_a_quick_step_aside_is_still_the_same_person() -> None:
    assert walk((0, Box(0, 0, 40, 50)), (0.1, Box(36, 0, 40, 50))) == [1, 1]


def test_a_face_elsewhere_or_of_another_size_is_another_person() -> None:
    assert walk((0, Box(0, 0, 40, 50)), (0.1, Box(200, 0, 40, 50))) == [1, 2]
    assert walk((0, Box(0, 0, 40, 50)), (0.1, Box(0, 0, 110, 130))) == [1, 2]


def test_lost_for_a_moment_is_the_same_passage_and_for_longer_is_not() -> None:
    here = Box(0, 0, 40, 50)
    assert walk((0, here), (0.3, None), (0.5, here)) == [1, 1, 1]
    assert walk((0, here), (0.3, None), (0.6, None), (0.7, here)) == [1, 1, None, 2]
    assert walk((0, here), (0.6, here)) == [1, 2]


def test_after_a_passage_whoever_is_seen_is_somebody_new() -> None:
    here = Box(0, 0, 40, 50)
    state = follow.step(Following(), here, 0, LOST_S)
    assert follow.forget(state).person is None
    assert follow.step(follow.forget(state), here, 0.1, LOST_S).person == 2


def test_the_nearest_face_decides_and_far_ones_do_not_count() -> None:
    far, near, farther = Face(Box(0, 0, 40, 50), 0.9), Face(Box(0, 0, 60, 80), 0.6), Face(Box(0, 0, 20, 90), 0.9)
    assert nearest([far, near, farther], 32) is near
    assert nearest([farther], 32) is None
    assert nearest([], 32) is None
