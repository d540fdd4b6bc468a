"""The choice of the threshold, with fake pictures and fake labels made by eye."""

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

MANUAL = {"a.png": ManualLabels((BY_EYE,))}


class Scripted:
    """A fake detector: it finds the same faces in every picture."""

    name = "scripted"

    def __init__(self, *faces: Face) -> None:
        self.faces = list(faces)

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        return self.faces


@pytest.fixture(autouse=True)
def _one_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    """One picture with an annotated face and a face labelled by eye."""
    crowd = AnnotatedImage(Path("a.png"), (GroundTruthFace(Group.BARE, REAL),))
    monkeypatch.setattr("overlays.detector.split.annotated", lambda data, part: [crowd])
    monkeypatch.setattr("overlays.synthesis.faces.bare", lambda data: [])
    monkeypatch.setattr(threshold, "read_picture", lambda path: np.zeros((9, 9, 3), np.uint8))
    monkeypatch.setattr("overlays.detector.manual_labels.read", lambda: MANUAL)


def test_the_lowest_threshold_with_few_enough_false_positives_is_chosen() -> None:
    detector = Scripted(Face(REAL, 0.9), Face(BY_EYE, 0.8), Face(EMPTY, 0.415))
    lines: list[str] = []
    assert threshold.choose_threshold(detector, Path(), lines.append) == 0.42
    assert lines == ["threshold 0.42 leaves 0 false positives in 1 pictures"]


def test_without_false_positives_the_lowest_threshold_is_chosen() -> None:
    assert threshold.choose_threshold(Scripted(Face(REAL, 0.9)), Path(), lambda line: None) == 0.2


def test_a_detector_with_confident_false_positives_is_refused() -> None:
    with pytest.raises(ValueError, match="train for longer"):
        threshold.choose_threshold(Scripted(Face(EMPTY, 0.99)), Path(), lambda line: None)


def test_portraits_are_evenly_spaced_among_the_validation_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    every = [Portrait(f"{at}.jpg", "", "", Split.VAL if at % 2 else Split.TRAIN) for at in range(20)]
    monkeypatch.setattr("overlays.synthesis.faces.bare", lambda data: every)
    assert [picture.path.name for picture in threshold.portraits(Path(), 3)] == ["1.jpg", "7.jpg", "13.jpg"]
    assert len(threshold.portraits(Path(), 99)) == 10


def test_in_a_portrait_a_second_detection_is_false_unless_it_is_labelled_as_a_face_by_eye() -> None:
    portrait = AnnotatedImage(Path("a.png"), (GroundTruthFace(Group.BARE, None),))
    detector = Scripted(Face(REAL, 0.9), Face(BY_EYE, 0.8), Face(EMPTY, 0.7))
    false = threshold.false_positives(detector, [portrait], MANUAL)
    assert [face.box for face in false] == [EMPTY]
