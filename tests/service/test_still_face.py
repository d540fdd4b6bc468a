"""A poster whose face is larger than the people's faces: whom the gate judges, and who gets a permission."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.frames.base import Frame
from binarycop.geometry import Box
from binarycop.journal.events import Event
from binarycop.settings.faces import FacesSettings
from binarycop.settings.schema import LaneSettings
from tests.service.fakes import CORRECT, NOSE, SimulatedSetup

WALL = Box(220, 60, 90, 120)
BRIGHT, DARK = 200, 40
STILL_S = 10


class Hall:
    """A lane with a poster, whose face is bright, and a person who walks to and fro, whose face is dark."""

    def __init__(self, poster: Sequence[int], person: Sequence[int]) -> None:
        self.setup = SimulatedSetup(LaneSettings(faces=FacesSettings(still_s=STILL_S)))
        self.person = Box(20, 60, 60, 80)
        detector, classifier = self.setup.detectors[0], self.setup.classifier

        def detect(pixels: NDArray[np.uint8]) -> list[Face]:
            return [Face(WALL, 0.9), Face(self.person, 0.9)]

        def scores(crops: NDArray[np.uint8]) -> NDArray[np.int32]:
            return np.array([poster if crop.mean() > (BRIGHT + DARK) / 2 else person for crop in crops], np.int32)

        detector.detect, classifier.scores = detect, scores  # type: ignore[method-assign]

    def run(self, seconds: float) -> "Hall":
        for _ in range(round(seconds * 10)):
            self.setup.now_s += 0.1
            self.setup.number += 1
            x_px = 60 + 50 * np.sin(3 * self.setup.now_s)
            self.person = Box(float(x_px), 60, 60, 80)
            pixels = np.full((240, 320, 3), DARK, np.uint8)
            pixels[:, 200:] = BRIGHT
            frame = Frame(pixels, self.setup.now_s, self.setup.number)
            self.setup.service.step({0: frame}, self.setup.now_s)
        return self


def test_a_poster_is_reported_once_and_then_the_person_is_judged() -> None:
    setup = Hall(poster=NOSE, person=CORRECT).run(STILL_S + 10).setup
    assert setup.records(Event.STILL_FACE) == [("still_face", {"across": 83, "down": 50})]
    persons = [values["person"] for _, values in setup.records(Event.PERSON)]
    assert persons == [1, 2]
    [(_, permit), *_] = setup.records(Event.PERMIT)
    assert (permit["person"], permit["votes"]) == (2, 5)
    assert all(values["person"] == 1 for _, values in setup.records(Event.REFUSE))


@pytest.mark.parametrize("person", [NOSE, [0, 0, 0, 0]])
def test_the_verdict_on_a_poster_that_is_left_out_permits_nobody(person: Sequence[int]) -> None:
    setup = Hall(poster=CORRECT, person=person).run(STILL_S + 60).setup
    order = setup.event_names
    assert "permit" in order[: order.index("still_face")]  # it was in front of everybody, as any face is
    after = order[order.index("still_face") :]
    assert "permit" not in after
    assert not setup.is_relay_on
    assert "refuse" in after or person == [0, 0, 0, 0]
