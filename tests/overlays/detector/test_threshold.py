"""The threshold that leaves few enough false finds, with pictures and what was seen on them replaced."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.evaluation.annotated import AnnotatedImage, GroundTruthFace, Group
from binarycop.geometry import Box
from overlays.detector import threshold
from overlays.detector.manual_labels import ManualLabels
from overlays.synthesis.faces import Portrait, Split

REAL, BY_EYE, EMPTY = Box(0, 0, 50, 50), Box(100, 0, 50, 50), Box(200, 0, 50, 50)

SEEN = {"a.png": ManualLabels((BY_EYE,))}


class Scripted:
    """Finds the same in every picture."""

    name = "scripted"

    def __init__(self, *faces: Face) -> None:
        self.faces = list(faces)

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        return self.faces


@pytest.fixture(autouse=True)
def _one_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    """A single picture with one annotated face, and another that was seen by eye."""
    crowd = AnnotatedImage(Path("a.png"), (GroundTruthFace(Group.BARE, REAL),))
    monkeypatch.setattr("overlays.detector.split.annotated", lambda data, part: [crowd])
    monkeypatch.setattr("overlays.synthesis.faces.bare", lambda data: [])
    monkeypatch.setattr(threshold, "read_picture", lambda path: np.zeros((9, 9, 3), np.uint8))
    monkeypatch.setattr("overlays.detector.manual_labels.read", lambda: SEEN)


def test_it_is_the_least_that_leaves_no_false_find_too_many() -> None:
    finder = Scripted(Face(REAL, 0.9), Face(BY_EYE, 0.8), Face(EMPTY, 0.415))
    lines: list[str] = []
    assert threshold.choose_threshold(finder, Path(), lines.append) == 0.42
    assert lines == ["threshold 0.42 leaves 0 false finds in 1 pictures"]


def test_without_false_finds_it_is_the_lowest_tried() -> None:
    assert threshold.choose_threshold(Scripted(Face(REAL, 0.9)), Path(), lambda line: None) == 0.2


def test_a_finder_that_is_sure_of_what_is_false_is_refused() -> None:
    with pytest.raises(ValueError, match="train for longer"):
        threshold.choose_threshold(Scripted(Face(EMPTY, 0.99)), Path(), lambda line: None)


def test_portraits_are_taken_evenly_from_those_that_only_validate(monkeypatch: pytest.MonkeyPatch) -> None:
    every = [Portrait(f"{at}.jpg", "", "", Split.VAL if at % 2 else Split.TRAIN) for at in range(20)]
    monkeypatch.setattr("overlays.synthesis.faces.bare", lambda data: every)
    assert [one.path.name for one in threshold.portraits(Path(), 3)] == ["1.jpg", "7.jpg", "13.jpg"]
    assert len(threshold.portraits(Path(), 99)) == 10


def test_beside_the_person_of_a_portrait_a_find_is_false_unless_it_was_seen_to_be_a_face() -> None:
    portrait = AnnotatedImage(Path("a.png"), (GroundTruthFace(Group.BARE, None),))
    finder = Scripted(Face(REAL, 0.9), Face(BY_EYE, 0.8), Face(EMPTY, 0.7))
    false = threshold.false_positives(finder, [portrait], SEEN)
    assert [one.box for one in false] == [EMPTY]
