"""Following people from frame to frame: when the finder is asked, who is who, and who is in front."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.errors import DetectorError
from binarycop.frames.base import Frame
from binarycop.geometry import Box
from binarycop.settings.faces import FacesSettings
from binarycop.tracking.runner import SyncRunner
from binarycop.tracking.tracker import FrontPerson, Tracker
from tests.detection.scenes import scene

HERE = Box(60, 40, 30, 36)
SMALLER, LARGER = Box(10, 40, 24, 30), Box(100, 20, 50, 62)


@dataclass
class Knowing:
    """A finder that is told who is where, and remembers how often it was asked."""

    people: dict[int, Box] = field(default_factory=dict)
    blind: bool = False
    asked: int = 0
    name: str = "knowing"

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        self.asked += 1
        return [] if self.blind else [Face(box, 0.9) for box in self.people.values()]


@dataclass
class Slow:
    """A seeker whose answers are given when the test says so."""

    finder: Knowing
    is_finished: bool = False
    found: list[Face] | None = None

    @property
    def is_done(self) -> bool:
        return self.is_finished and self.found is not None

    def submit(self, pixels: NDArray[np.uint8]) -> None:
        assert self.found is None, "one question at a time"
        self.found = self.finder.detect(pixels)

    def poll(self) -> list[Face] | None:
        if not self.is_done:
            return None
        found, self.found = self.found, None
        return found

    def close(self, timeout_s: float) -> bool:
        return True


class Lane:
    """A pursuit with its finder and its clock in hand."""

    def __init__(self, settings: FacesSettings | None = None, *, slow: bool = False) -> None:
        self.finder = Knowing()
        self.seeker = Slow(self.finder)
        settings = settings or FacesSettings()
        self.pursuit = Tracker(self.seeker if slow else SyncRunner(self.finder), settings)
        self.now_s, self.number = 10.0, 0

    def see(self, people: dict[int, Box], *, shown: dict[int, Box] | None = None) -> FrontPerson:
        """One frame, 50 ms later; shown: where the picture has them, if elsewhere than the finder says."""
        self.now_s, self.number = self.now_s + 0.05, self.number + 1
        self.finder.people = people
        pixels = scene(people if shown is None else shown, noise=self.number)
        return self.pursuit.step(Frame(pixels, self.now_s, self.number), self.now_s)

    def stand(self, people: dict[int, Box], frames: int) -> list[FrontPerson]:
        return [self.see(people) for _ in range(frames)]


def test_a_face_is_found_in_one_frame_of_four_and_followed_in_the_others() -> None:
    lane = Lane()
    for number in range(12):
        true = replace(HERE, x_px=HERE.x_px + 4 * number)
        sighting = lane.see({1: true})
        assert sighting.person == 1
        assert sighting.box is not None
        assert sighting.box.iou(true) > 0.9
    assert lane.finder.asked == 3


def test_while_nothing_moves_nothing_is_asked_and_who_stands_there_is_still_in_front() -> None:
    lane = Lane()
    lane.stand({1: HERE}, 30)
    asked = lane.finder.asked
    sightings = lane.stand({1: HERE}, 100)
    assert lane.finder.asked == asked
    assert {one.person for one in sightings} == {1}
    assert all(one.box is not None for one in sightings)


def test_an_empty_lane_asks_nothing_until_somebody_comes_and_then_at_once() -> None:
    lane = Lane()
    lane.stand({}, 40)
    asked = lane.finder.asked
    lane.stand({}, 10)
    assert lane.finder.asked == asked
    assert lane.see({1: HERE}) == FrontPerson(1, HERE)


def test_who_leaves_is_not_seen_in_what_is_behind_them() -> None:
    lane = Lane()
    lane.stand({1: HERE}, 6)
    assert lane.see({}) == FrontPerson(1, None)
    assert lane.stand({}, 11)[-1] == FrontPerson(None, None)


def test_lost_and_found_within_half_a_second_is_the_same_passage_and_later_is_not() -> None:
    lane = Lane()
    lane.stand({1: HERE}, 6)
    lane.stand({}, 8)
    assert lane.see({1: HERE}).person == 1
    lane.stand({}, 12)
    assert lane.see({1: HERE}).person == 2


def test_where_the_finder_sees_nobody_any_more_nobody_is_judged_and_it_is_asked_again_at_once() -> None:
    lane = Lane()
    lane.see({1: HERE})
    lane.finder.blind = True
    lane.stand({1: replace(HERE, x_px=62)}, 3)
    asked = lane.finder.asked
    assert lane.see({1: HERE}) == FrontPerson(1, None)
    assert lane.see({1: replace(HERE, x_px=64)}) == FrontPerson(1, None)
    assert lane.finder.asked == asked + 2
    lane.finder.blind = False
    assert lane.see({1: HERE}).box is not None


def test_of_two_people_the_nearer_one_is_in_front_and_each_keeps_their_number() -> None:
    lane = Lane()
    for number in range(10):
        away, near = replace(SMALLER, x_px=10 + 2 * number), replace(LARGER, x_px=100 - number)
        assert lane.see({1: away, 2: near}).person == 1
    # The far one was never in front, so that the next number is theirs once they are.
    assert lane.stand({1: replace(SMALLER, x_px=28)}, 12)[-1].person == 2
    assert lane.stand({1: replace(SMALLER, x_px=28), 3: LARGER}, 4)[-1].person == 3


def test_who_steps_in_front_is_somebody_new_and_who_was_in_front_before_is_known_again() -> None:
    lane = Lane()
    assert lane.stand({1: SMALLER}, 5)[-1].person == 1
    assert lane.stand({1: SMALLER, 2: LARGER}, 5)[-1].person == 2
    lane.stand({1: SMALLER}, 8)
    sighting = lane.stand({1: SMALLER}, 6)[-1]
    assert sighting.person == 1
    assert sighting.box is not None


def test_two_people_about_as_near_do_not_take_turns() -> None:
    lane = Lane()
    left, right = Box(20, 40, 40, 50), Box(95, 40, 40, 50)
    for number in range(20):
        grow = 3 * (number % 2)
        sizes = replace(left, width_px=40 + grow), replace(right, width_px=43 - grow)
        assert lane.see({1: sizes[0], 2: sizes[1]}).person == 1


def test_while_somebody_may_be_coming_every_frame_is_looked_at() -> None:
    lane = Lane()
    lane.finder.blind = True
    for number in range(10):
        lane.see({1: replace(HERE, x_px=10 + 8 * number)})
    assert lane.finder.asked == 10


def test_faces_too_small_to_count_are_not_followed() -> None:
    assert Lane(FacesSettings(least_px=32)).see({1: HERE}) == FrontPerson(None, None)


def test_an_answer_about_an_older_frame_is_carried_into_the_newest() -> None:
    lane = Lane(slow=True)
    for number in range(5):
        assert lane.see({1: replace(HERE, x_px=60 + number)}).person is None
    assert lane.finder.asked == 1
    lane.seeker.is_finished = True
    true = replace(HERE, x_px=65)
    sighting = lane.see({1: true})
    assert sighting.person == 1
    assert sighting.box is not None
    assert sighting.box.iou(true) > 0.95


def test_an_answer_about_somebody_who_has_gone_since_is_nobody() -> None:
    lane = Lane(slow=True)
    lane.see({1: HERE})
    lane.seeker.is_finished = True
    assert lane.see({}) == FrontPerson(None, None)


def test_a_finder_that_does_not_answer_is_late_until_it_does() -> None:
    lane = Lane(FacesSettings(deadline_s=0.2), slow=True)
    lane.see({1: HERE})
    assert not lane.pursuit.is_late(lane.now_s + 0.19)
    assert lane.pursuit.is_late(lane.now_s + 0.21)
    assert lane.pursuit.waiting_s(lane.now_s + 0.21) == pytest.approx(0.21)
    lane.seeker.is_finished = True
    assert not lane.pursuit.is_late(lane.now_s + 0.21)


def test_after_a_passage_whoever_is_in_front_is_somebody_new() -> None:
    lane = Lane()
    lane.stand({1: HERE}, 3)
    lane.pursuit.reset_identities()
    assert lane.see({1: HERE}).person == 2


def test_without_frames_who_was_in_front_is_let_go_when_it_says() -> None:
    lane = Lane()
    lane.see({1: HERE})
    due_s = lane.pursuit.due_s()
    assert due_s == pytest.approx(lane.now_s + 0.501)
    assert lane.pursuit.advance_time(lane.now_s + 0.4).person == 1
    assert lane.pursuit.advance_time(due_s or 0).person is None
    assert lane.pursuit.due_s() is None


def test_other_settings_hold_from_the_next_frame_on() -> None:
    lane = Lane()
    lane.see({1: HERE})
    lane.pursuit.apply_settings(FacesSettings(lost_s=0.1))
    assert lane.stand({}, 3)[-1].person is None


def test_a_finder_that_fails_is_an_error() -> None:
    class Broken:
        name = "broken"

        def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
            raise DetectorError("broke")

    pursuit = Tracker(SyncRunner(Broken()), FacesSettings())
    with pytest.raises(DetectorError, match="broke"):
        pursuit.step(Frame(scene({}), 1.0, 0), 1.0)


def test_a_finder_that_watches_by_itself_is_asked_about_every_frame() -> None:
    finder = Knowing({1: HERE})
    pursuit = Tracker(SyncRunner(finder), FacesSettings(), detect_every_frame=True)
    pixels = scene({})
    for number in range(40):
        assert pursuit.step(Frame(pixels, 0.1 * number, number), 0.1 * number) == FrontPerson(1, HERE)
    assert finder.asked == 40
