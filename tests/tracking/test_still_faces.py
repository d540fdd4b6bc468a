"""Which faces are left out, and cannot be in front, because they never move."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from binarycop.geometry import Box
from binarycop.tracking.still_faces import StillFaces

POSTER, PERSON, WALKER = 1, 2, 3
WALL = Box(400, 100, 90, 120)  # a poster's face
STILL_S = 30.0
EVERY_S = 0.1


@dataclass
class Scene:
    """A lane at 10 frames a second. Somebody walks to and fro below, unless ``is_empty``."""

    is_empty: bool = False

    def __post_init__(self) -> None:
        self.faces, self.now_s, self.number = StillFaces(), 100.0, 0
        self.reported: list[Box] = []

    def frame(self, boxes: dict[int, Box | None]) -> frozenset[int]:
        """One more frame; returns who is left out."""
        self.now_s, self.number = self.now_s + EVERY_S, self.number + 1
        if not self.is_empty:
            boxes = {WALKER: Box(300 + 250 * np.sin(self.now_s), 300, 60, 80), **boxes}
        self.reported += self.faces.step(boxes, STILL_S, self.now_s)
        return self.faces.left_out

    def run(self, boxes: dict[int, Box | None], seconds: float) -> list[frozenset[int]]:
        return [self.frame(boxes) for _ in range(round(seconds / EVERY_S))]


def moved(box: Box, share: float) -> Box:
    """The box, to the right by this share of its longer side."""
    return replace(box, x_px=box.x_px + share * box.longer_px)


@pytest.fixture
def scene() -> Scene:
    """A scene with a poster that has been left out, and is reported."""
    scene = Scene()
    scene.run({POSTER: WALL}, STILL_S + 5)
    assert scene.faces.left_out == {POSTER}
    assert scene.reported == [WALL]
    return scene


def test_a_poster_is_left_out_after_the_stated_time_in_which_somebody_walked() -> None:
    scene = Scene()
    left_out = scene.run({POSTER: WALL}, STILL_S + 5)
    first_s = left_out.index(frozenset({POSTER})) * EVERY_S
    assert STILL_S < first_s < STILL_S + 2  # the walker's first step, and the first second, do not count
    assert scene.reported == [WALL]


@pytest.mark.parametrize("others", [{}, {PERSON: Box(100, 100, 60, 80)}])
def test_nobody_is_left_out_while_nobody_walks(others: dict[int, Box]) -> None:
    scene = Scene(is_empty=True)
    assert set(scene.run({POSTER: WALL, **others}, 1000)) == {frozenset()}


def test_a_person_who_has_made_a_step_walks_for_two_seconds_only() -> None:
    scene, person = Scene(is_empty=True), Box(100, 100, 60, 80)
    for number in range(5):
        assert set(scene.run({POSTER: WALL, PERSON: moved(person, number % 2)}, 20)) == {frozenset()}


def test_somebody_who_sways_does_not_walk() -> None:
    scene, person = Scene(is_empty=True), Box(100, 100, 60, 80)
    for number in range(100):
        assert set(scene.run({POSTER: WALL, PERSON: moved(person, 0.3 * (number % 2))}, 1)) == {frozenset()}


def test_the_detectors_noise_does_not_make_a_poster_move() -> None:
    scene, rng = Scene(), np.random.default_rng(1)
    for _ in range(3000):
        x, y, size = rng.normal(0, 0.004, 3)
        box = Box.centred(445 + 120 * x, 160 + 120 * y, 90 * (1 + 2 * size), 120 * (1 + 2 * size))
        scene.frame({POSTER: box})
    assert scene.faces.left_out == {POSTER}
    assert len(scene.reported) == 1


def test_a_person_who_stands_still_after_walking_into_view_is_never_left_out() -> None:
    scene = Scene()
    for share in np.linspace(-2, 0, 20):
        scene.frame({PERSON: moved(WALL, share)})
    assert set(scene.run({PERSON: WALL}, 3600)) == {frozenset()}


@pytest.mark.parametrize("share_a_frame", [0.001, 0.01, 0.03])
def test_a_person_who_walks_very_slowly_has_walked_too(share_a_frame: float) -> None:
    scene = Scene(is_empty=True)
    for share in np.arange(-1, 0, share_a_frame):
        scene.frame({PERSON: moved(WALL, share)})
    scene.is_empty = False
    assert set(scene.run({PERSON: WALL}, 600)) == {frozenset()}


def test_a_person_who_comes_straight_to_the_camera_has_walked_too() -> None:
    scene = Scene()
    for size in np.linspace(0.5, 1, 20):
        scene.frame({PERSON: Box.centred(*WALL.centre, 90 * size, 120 * size)})
    assert set(scene.run({PERSON: WALL}, 3600)) == {frozenset()}


@pytest.mark.parametrize(("sway_s", "is_left_out"), [(4.0, False), (1.5, True)])
def test_a_person_who_stands_where_they_are_first_seen_and_sways_is_not_left_out(
    sway_s: float, is_left_out: bool
) -> None:
    """A face that is away from its place for only a moment may be a picture that somebody walks past."""
    scene = Scene()
    for _ in range(60):
        scene.run({PERSON: WALL}, 10)
        assert all(PERSON not in left_out for left_out in scene.run({PERSON: moved(WALL, 0.06)}, sway_s))
    scene.run({PERSON: WALL}, 1)
    assert (PERSON in scene.faces.left_out) is is_left_out


def test_a_face_that_moves_counts_again_at_once_and_stays(scene: Scene) -> None:
    assert scene.frame({POSTER: moved(WALL, 0.05)}) == frozenset()
    assert set(scene.run({POSTER: moved(WALL, 0.05)}, 3)) == {frozenset()}
    assert set(scene.run({POSTER: WALL}, STILL_S - 1)) == {frozenset()}


def test_a_poster_that_was_covered_for_a_while_is_left_out_from_its_first_frame_on(scene: Scene) -> None:
    scene.run({}, 100)
    assert scene.frame({POSTER + 10: moved(WALL, 0.01)}) == {POSTER + 10}
    assert len(scene.reported) == 1


def test_a_poster_that_is_partly_covered_is_left_out_again_when_it_is_not(scene: Scene) -> None:
    for _ in range(20):
        scene.run({POSTER: moved(WALL, 0.2)}, 1)
        assert set(scene.run({POSTER: WALL}, 2)) == {frozenset({POSTER})}
    assert len(scene.reported) == 1


def test_the_time_that_a_poster_was_still_counts_on_after_it_was_covered() -> None:
    scene = Scene()
    for number in count():
        scene.run({POSTER + 10 * number: WALL}, 5)
        if scene.faces.left_out:
            break
        scene.run({}, 2)
    assert number * 5 < STILL_S + 20


def test_a_passer_who_takes_over_the_posters_track_counts_and_the_poster_stays_left_out(scene: Scene) -> None:
    for share in np.linspace(0, 3, 30):
        assert POSTER not in scene.frame({POSTER: moved(WALL, share)}) or share <= 0.04
    assert scene.run({POSTER: moved(WALL, 3), POSTER + 10: WALL}, 100)[-1] == {POSTER + 10}


def test_a_walkers_track_that_the_poster_takes_over_is_left_out_soon(scene: Scene) -> None:
    for share in np.linspace(3, 0, 30):
        scene.frame({PERSON: moved(WALL, share)})
    left_out = scene.run({PERSON: WALL}, 8)
    assert 4.5 < left_out.index(frozenset({PERSON})) * EVERY_S < 5.5
    assert scene.frame({PERSON: moved(WALL, 0.05)}) == frozenset()


def test_a_lost_track_is_not_left_out_and_its_time_does_not_count() -> None:
    scene = Scene()
    for _ in range(100):
        assert scene.frame({POSTER: None}) == frozenset()
    scene.run({POSTER: WALL}, STILL_S - 1)
    assert scene.faces.left_out == frozenset()


def test_time_without_frames_does_not_count() -> None:
    scene = Scene()
    scene.run({POSTER: WALL}, 5)
    scene.now_s += 1000
    scene.run({POSTER: WALL}, STILL_S - 6)
    assert scene.faces.left_out == frozenset()


@pytest.mark.parametrize("stay_s", [0.8, 4.0])
def test_many_people_who_are_first_seen_at_one_place_make_no_still_face_of_it(stay_s: float) -> None:
    """At a door, or at a mark on the floor where each was hidden by the one before."""
    scene, door = Scene(), WALL
    for number in range(100):
        scene.run({10 + number: door}, stay_s)
        scene.run({10 + number: moved(door, 3)}, 3)
    assert set(scene.run({1000: door}, 5)) == {frozenset()}


def test_a_face_does_not_count_its_own_steps_as_those_of_others() -> None:
    """Somebody alone who sways by a step and comes back is no still face, however long."""
    scene = Scene(is_empty=True)
    scene.frame({PERSON: WALL})
    for _ in range(100):
        scene.frame({PERSON: moved(WALL, 0.8)})
        assert set(scene.run({PERSON: WALL}, 1.5)) == {frozenset()}


def test_the_places_have_a_bounded_number() -> None:
    scene = Scene()
    for number in range(100):
        scene.run({10 + number: Box(20 * number, 100, 90, 120)}, 3)
    assert len(scene.faces._places) <= 16


Move = tuple[float, float, float]


def paths() -> st.SearchStrategy[list[Move]]:
    """Where two faces go: for each stretch, a place and a size, and for how many frames they stay."""
    return st.lists(st.tuples(st.floats(-3, 3), st.floats(0.6, 1.6), st.floats(1, 300)), min_size=1, max_size=8)


def boxes_of(moves: list[Move]) -> Iterator[Box]:
    box = WALL
    for share, size, frames in moves:
        target = Box.centred(400 + 120 * share, 160, 90 * size, 120 * size)
        for step in range(5):
            part = (step + 1) / 5
            x_px = box.centre[0] + part * (target.centre[0] - box.centre[0])
            width_px = box.width_px + part * (target.width_px - box.width_px)
            yield Box.centred(x_px, 160, width_px, width_px * 4 / 3)
        box = target
        yield from [target] * round(frames)


@given(paths())
def test_whatever_a_face_does_it_is_left_out_only_where_it_has_stood_for_the_stated_time(moves: list[Move]) -> None:
    scene, watched_s, away_s, has_walked, first = Scene(), 0.0, 0.0, False, None
    before: Box | None = None
    for box in boxes_of(moves):
        first = first or box
        is_away = abs(box.centre[0] - first.centre[0]) > 0.51 * first.longer_px
        away_s = away_s + EVERY_S if is_away else 0.0
        has_walked = has_walked or away_s > 2.5
        was_left_out = PERSON in scene.faces.left_out
        is_left_out = PERSON in scene.frame({PERSON: box})
        watched_s += EVERY_S
        if is_left_out and not was_left_out:
            assert watched_s >= STILL_S
            before = box
        if is_left_out and before is not None:
            assert abs(box.centre[0] - before.centre[0]) <= 2 * 0.041 * before.longer_px
        assert not (has_walked and before is None and is_left_out)
        assert WALKER not in scene.faces.left_out
