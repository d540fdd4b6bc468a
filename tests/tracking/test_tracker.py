"""Tracking people from frame to frame: when the detector runs, who is who, and who is in front."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.errors import DetectorError
from binarycop.frames.base import Frame
from binarycop.geometry import Box
from binarycop.pixels import Pixels
from binarycop.settings.faces import FacesSettings
from binarycop.tracking.runner import SyncRunner
from binarycop.tracking.tracker import FrontPerson, Tracker
from tests.detection.scenes import scene

HERE = Box(60, 40, 30, 36)
SMALLER, LARGER = Box(10, 40, 24, 30), Box(100, 20, 50, 62)

SMALL = FacesSettings(least_px=16)  # the scenes are small


@dataclass
class FakeDetector:
    """A detector whose results a test sets. It counts its runs."""

    people: dict[int, Box] = field(default_factory=dict)
    is_blind: bool = False
    runs: int = 0
    name: str = "fake"

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        self.runs += 1
        return [] if self.is_blind else [Face(box, 0.9) for box in self.people.values()]


@dataclass
class SlowRunner:
    """A runner that gives its results once a test sets ``is_finished``."""

    detector: FakeDetector
    is_finished: bool = False
    faces: list[Face] | None = None

    @property
    def is_done(self) -> bool:
        return self.is_finished and self.faces is not None

    def submit(self, pixels: Pixels, least_px: float = 0.0) -> None:
        assert self.faces is None, "one request at a time"
        self.faces = self.detector.detect(np.asarray(pixels, np.uint8))

    def poll(self) -> list[Face] | None:
        if not self.is_done:
            return None
        faces, self.faces = self.faces, None
        return faces

    def close(self, timeout_s: float) -> bool:
        return True


@dataclass
class CoarseFake(FakeDetector):
    """It finds no small faces in a coarse search. least_px: of each search; 0: it was for all faces."""

    least_px: list[float] = field(default_factory=list)

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        self.least_px.append(0.0)
        return super().detect(pixels)

    def detect_large(self, pixels: NDArray[np.uint8], least_px: float) -> list[Face]:
        self.least_px.append(least_px)
        return [face for face in super().detect(pixels) if face.box.shorter_px >= least_px]


class Lane:
    """A tracker with its detector and its clock."""

    def __init__(
        self, settings: FacesSettings | None = None, detector: FakeDetector | None = None, *, slow: bool = False
    ) -> None:
        self.detector = detector or FakeDetector()
        self.runner = SlowRunner(self.detector)
        runner = self.runner if slow else SyncRunner(self.detector)
        self.tracker = Tracker(runner, settings or SMALL, searches_coarsely=isinstance(detector, CoarseFake))
        self.now_s, self.number = 10.0, 0

    def step(self, people: dict[int, Box]) -> FrontPerson:
        """One frame with these people, 50 ms later."""
        self.now_s, self.number = self.now_s + 0.05, self.number + 1
        self.detector.people = people
        pixels = scene(people, noise=self.number)
        return self.tracker.step(Frame(pixels, self.now_s, self.number), self.now_s)

    def steps(self, people: dict[int, Box], frames: int) -> list[FrontPerson]:
        return [self.step(people) for _ in range(frames)]


def test_the_detector_runs_in_one_frame_of_four_and_the_face_is_tracked_in_the_others() -> None:
    lane = Lane()
    for number in range(12):
        true = replace(HERE, x_px=HERE.x_px + 4 * number)
        front = lane.step({1: true})
        assert front.person == 1
        assert front.box is not None
        assert front.box.iou(true) > 0.9
    assert lane.detector.runs == 3


def test_in_a_static_scene_the_detector_does_not_run_and_the_person_stays_in_front() -> None:
    lane = Lane()
    lane.steps({1: HERE}, 30)
    runs = lane.detector.runs
    results = lane.steps({1: HERE}, 100)
    assert lane.detector.runs == runs
    assert {front.person for front in results} == {1}
    assert all(front.box is not None for front in results)


def test_in_an_empty_lane_the_detector_does_not_run_until_a_person_comes_and_then_at_once() -> None:
    lane = Lane()
    lane.steps({}, 40)
    runs = lane.detector.runs
    lane.steps({}, 10)
    assert lane.detector.runs == runs
    assert lane.step({1: HERE}) == FrontPerson(1, HERE, track=1)


def test_a_person_who_leaves_is_not_located_in_the_background() -> None:
    lane = Lane()
    lane.steps({1: HERE}, 6)
    assert lane.step({}) == FrontPerson(1, None, track=1)
    assert lane.steps({}, 11)[-1] == FrontPerson(None, None)


def test_a_person_who_is_lost_for_up_to_half_a_second_keeps_the_number_and_later_gets_a_new_one() -> None:
    lane = Lane()
    lane.steps({1: HERE}, 6)
    lane.steps({}, 8)
    assert lane.step({1: HERE}).person == 1
    lane.steps({}, 12)
    assert lane.step({1: HERE}).person == 2


def test_a_track_that_the_detector_does_not_confirm_has_no_box_and_the_detector_runs_again_at_once() -> None:
    lane = Lane()
    lane.step({1: HERE})
    lane.detector.is_blind = True
    lane.steps({1: replace(HERE, x_px=62)}, 3)
    runs = lane.detector.runs
    assert lane.step({1: HERE}) == FrontPerson(1, None, track=1)
    assert lane.step({1: replace(HERE, x_px=64)}) == FrontPerson(1, None, track=1)
    assert lane.detector.runs == runs + 2
    lane.detector.is_blind = False
    assert lane.step({1: HERE}).box is not None


def test_the_nearer_of_two_people_is_in_front_and_each_keeps_their_number() -> None:
    lane = Lane()
    for number in range(10):
        away, near = replace(SMALLER, x_px=10 + 2 * number), replace(LARGER, x_px=100 - number)
        assert lane.step({1: away, 2: near}).person == 1
    # The far person was never in front before, so they get the next number now.
    assert lane.steps({1: replace(SMALLER, x_px=28)}, 12)[-1].person == 2
    assert lane.steps({1: replace(SMALLER, x_px=28), 3: LARGER}, 4)[-1].person == 3


def test_a_person_who_steps_in_front_gets_a_new_number_and_the_one_before_keeps_theirs() -> None:
    lane = Lane()
    assert lane.steps({1: SMALLER}, 5)[-1].person == 1
    assert lane.steps({1: SMALLER, 2: LARGER}, 5)[-1].person == 2
    lane.steps({1: SMALLER}, 8)
    front = lane.steps({1: SMALLER}, 6)[-1]
    assert front.person == 1
    assert front.box is not None


def test_two_people_at_about_the_same_distance_do_not_alternate() -> None:
    lane = Lane()
    left, right = Box(20, 40, 40, 50), Box(95, 40, 40, 50)
    for number in range(20):
        grow = 3 * (number % 2)
        sizes = replace(left, width_px=40 + grow), replace(right, width_px=43 - grow)
        assert lane.step({1: sizes[0], 2: sizes[1]}).person == 1


def test_the_detector_runs_on_every_frame_while_something_moves_and_there_is_no_track() -> None:
    lane = Lane()
    lane.detector.is_blind = True
    for number in range(10):
        lane.step({1: replace(HERE, x_px=10 + 8 * number)})
    assert lane.detector.runs == 10


def test_faces_that_are_too_small_to_count_are_not_tracked() -> None:
    assert Lane(FacesSettings(least_px=32)).step({1: HERE}) == FrontPerson(None, None)


def test_a_result_for_an_older_frame_is_located_in_the_newest_frame() -> None:
    lane = Lane(slow=True)
    for number in range(5):
        assert lane.step({1: replace(HERE, x_px=60 + number)}).person is None
    assert lane.detector.runs == 1
    lane.runner.is_finished = True
    true = replace(HERE, x_px=65)
    front = lane.step({1: true})
    assert front.person == 1
    assert front.box is not None
    assert front.box.iou(true) > 0.95


def test_a_result_for_a_person_who_has_left_since_makes_no_track() -> None:
    lane = Lane(slow=True)
    lane.step({1: HERE})
    lane.runner.is_finished = True
    assert lane.step({}) == FrontPerson(None, None)


def test_a_detector_without_a_result_after_the_deadline_is_late_until_it_has_one() -> None:
    lane = Lane(replace(SMALL, deadline_s=0.2), slow=True)
    lane.step({1: HERE})
    assert not lane.tracker.is_late(lane.now_s + 0.19)
    assert lane.tracker.is_late(lane.now_s + 0.21)
    assert lane.tracker.waiting_s(lane.now_s + 0.21) == pytest.approx(0.21)
    lane.runner.is_finished = True
    assert not lane.tracker.is_late(lane.now_s + 0.21)


def test_after_a_passage_the_front_person_gets_a_new_number() -> None:
    lane = Lane()
    lane.steps({1: HERE}, 3)
    lane.tracker.reset_identities()
    assert lane.step({1: HERE}).person == 2


def test_without_frames_the_front_person_is_removed_at_the_due_time_since_nobody_knows_before() -> None:
    lane = Lane()
    lane.step({1: HERE})
    due_s = lane.tracker.due_s()
    assert due_s == pytest.approx(lane.now_s + 2.001)
    assert lane.tracker.advance_time(lane.now_s + 1.9).person == 1
    assert lane.tracker.advance_time(due_s or 0).person is None
    assert lane.tracker.due_s() is None


def test_a_person_who_is_not_in_the_frames_is_removed_at_the_due_time() -> None:
    lane = Lane()
    lane.step({1: HERE})
    seen_s = lane.now_s
    lane.steps({}, 2)
    due_s = lane.tracker.due_s()
    assert due_s == pytest.approx(seen_s + 0.501)
    assert lane.tracker.advance_time(seen_s + 0.4).person == 1
    assert lane.tracker.advance_time(due_s or 0).person is None


def test_new_settings_apply_from_the_next_frame_on() -> None:
    lane = Lane()
    lane.step({1: HERE})
    lane.tracker.apply_settings(replace(SMALL, lost_s=0.1))
    assert lane.steps({}, 3)[-1].person is None


def test_a_detector_that_fails_is_an_error() -> None:
    class Broken:
        name = "broken"

        def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
            raise DetectorError("broke")

    tracker = Tracker(SyncRunner(Broken()), SMALL)
    with pytest.raises(DetectorError, match="broke"):
        tracker.step(Frame(scene({}), 1.0, 0), 1.0)


def test_with_detect_every_frame_the_detector_runs_on_every_frame_even_if_nothing_moves() -> None:
    detector = FakeDetector({1: HERE})
    tracker = Tracker(SyncRunner(detector), SMALL, detect_every_frame=True)
    pixels = scene({})
    for number in range(40):
        assert tracker.step(Frame(pixels, 0.1 * number, number), 0.1 * number) == FrontPerson(1, HERE, track=1)
    assert detector.runs == 40


def test_a_poster_with_the_largest_face_is_in_front_until_it_is_left_out_and_again_when_it_moves() -> None:
    lane = Lane(FacesSettings(least_px=16, still_s=10))
    fronts = []
    for number in range(500):
        walker = replace(SMALLER, x_px=40 + 30 * np.sin(number / 10))
        fronts.append(lane.step({1: LARGER, 2: walker}))
    first = next(number for number, front in enumerate(fronts) if front.still_faces)
    assert 10 < first * 0.05 < 13
    assert {front.person for front in fronts[:first]} == {1}
    assert {front.person for front in fronts[first:]} == {2}
    [poster] = [box for front in fronts for box in front.still_faces]
    assert poster.iou(LARGER) > 0.9
    moved = replace(LARGER, x_px=LARGER.x_px - 6)
    assert 1 in {lane.step({1: moved, 2: SMALLER}).person for _ in range(8)}


def test_in_a_static_scene_a_poster_stays_left_out() -> None:
    lane = Lane(FacesSettings(least_px=16, still_s=10))
    for number in range(300):
        lane.step({1: LARGER, 2: replace(SMALLER, x_px=40 + 30 * np.sin(number / 10))})
    assert {front.person for front in lane.steps({1: LARGER}, 200)[-150:]} == {None}
    assert not lane.tracker.has_face
    assert {front.person for front in lane.steps({1: LARGER, 2: SMALLER}, 20)[-10:]} == {3}
    assert lane.tracker.has_face


def test_a_face_that_is_lost_counts_as_there_until_its_track_is_removed() -> None:
    lane = Lane()
    lane.steps({1: HERE}, 8)
    assert lane.tracker.has_face
    lane.steps({}, 9)
    assert lane.tracker.has_face
    lane.steps({}, 30)
    assert not lane.tracker.has_face


@pytest.mark.parametrize("detect_every_frame", [False, True])
def test_the_last_motion_is_known_whatever_the_detector_is(*, detect_every_frame: bool) -> None:
    detector = FakeDetector()
    tracker = Tracker(SyncRunner(detector), SMALL, detect_every_frame=detect_every_frame)
    for number in range(60):
        people = {1: HERE} if number >= 40 else {}
        tracker.step(Frame(scene(people, noise=number), 10 + 0.05 * number, number), 10 + 0.05 * number)
        assert tracker.moved_s == pytest.approx(10.0 if number < 40 else 12.0)


def test_a_result_that_comes_before_the_next_frame_counts_at_once_and_where_it_was_found() -> None:
    lane = Lane(slow=True)
    assert lane.step({1: HERE}).person is None
    lane.runner.is_finished = True
    assert lane.tracker.advance_time(lane.now_s + 0.02) == FrontPerson(1, HERE, track=1)


def test_a_person_who_walks_while_frames_come_seldom_is_found_again_although_the_template_is_not() -> None:
    lane = Lane(slow=True)
    lane.runner.is_finished = True
    people = []
    for number in range(5):
        lane.now_s += 0.3
        lane.step({1: replace(HERE, x_px=10 + 24 * number)})
        people.append(lane.tracker.advance_time(lane.now_s + 0.1).person)
    assert people == [1] * 5


def test_while_frames_come_seldom_the_detector_runs_as_often_in_a_second_as_otherwise() -> None:
    lane = Lane()
    for number in range(8):
        lane.now_s += 0.2
        lane.step({1: replace(HERE, x_px=60 + 2 * number)})
    assert lane.detector.runs == 8


def walks(number: int, box: Box) -> Box:
    return replace(box, x_px=box.x_px + 2 * (number % 4))


def test_while_a_face_is_in_front_three_searches_of_four_are_for_faces_that_could_come_in_front() -> None:
    detector = CoarseFake()
    lane = Lane(detector=detector)
    for number in range(36):
        lane.step({1: walks(number, LARGER)})
    least_px = detector.least_px
    assert [bool(least) for least in least_px] == [False, True, True, True] * 2 + [False]
    assert all(0.6 * LARGER.shorter_px < least < 0.8 * LARGER.shorter_px for least in least_px if least)


def test_once_a_track_is_lost_the_search_is_for_all_faces() -> None:
    detector = CoarseFake()
    lane = Lane(detector=detector)
    for number in range(6):
        lane.step({1: walks(number, LARGER)})
    assert detector.least_px[-1] > 0
    searches = len(detector.least_px)
    lane.steps({}, 3)
    assert detector.least_px[searches:] == [0.0, 0.0, 0.0]
