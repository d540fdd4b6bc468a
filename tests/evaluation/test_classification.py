"""The report on labelled pictures: recall, balanced accuracy, and pictures that cannot be decoded."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.bundle.files import Bundle
from binarycop.classifier.emulator import Emulator
from binarycop.detection.base import Face
from binarycop.detection.choose import make_detector
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.evaluation.classification import Report, evaluate
from binarycop.geometry import Box
from binarycop.settings.faces import DetectorKind, FacesSettings
from binarycop.settings.schema import LaneSettings

LANE = LaneSettings(faces=FacesSettings(finder=DetectorKind.FIXED))


def test_balanced_accuracy_is_the_mean_recall_of_the_classes_that_have_faces() -> None:
    report = Report(confusion=[[3, 1, 0, 0], [0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]])
    assert report.recall() == {"correct": 0.75, "nose": None, "nose_mouth": 0.5, "chin": None}
    assert report.balanced_accuracy() == 0.625


def test_without_a_face_there_is_no_balanced_accuracy() -> None:
    assert Report().balanced_accuracy() is None


def test_a_picture_that_cannot_be_decoded_is_left_out_and_reported(tiny_bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "chin").mkdir()
    (tmp_path / "chin" / "broken.jpg").write_bytes(b"no picture")
    cv2.imwrite(str(tmp_path / "chin" / "face.png"), np.full((200, 200, 3), 90, np.uint8))
    left_out: list[UndecodableFrame] = []
    detector = make_detector(LANE.faces, subtract_background=False)
    report = evaluate(tmp_path, LANE, detector, Emulator(tiny_bundle), tiny_bundle, left_out.append)
    assert [Path(error.source).name for error in left_out] == ["broken.jpg"]
    assert (report.images, report.no_face) == (1, 0)
    assert [sum(row) for row in report.confusion] == [0, 0, 0, 1]


@pytest.mark.parametrize(("side_px", "no_face"), [(16, 0), (15, 1)])
def test_pictures_are_judged_by_faces_too_small_for_a_gate(
    tiny_bundle: Bundle, tmp_path: Path, side_px: int, no_face: int
) -> None:
    class OneFace:
        name = "one face"

        def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
            return [Face(Box(20, 20, side_px, 40), 0.9)]

    (tmp_path / "nose").mkdir()
    cv2.imwrite(str(tmp_path / "nose" / "face.png"), np.full((100, 100, 3), 90, np.uint8))
    report = evaluate(tmp_path, LANE, OneFace(), Emulator(tiny_bundle), tiny_bundle, lambda error: None)
    assert LANE.faces.least_px > side_px
    assert report.no_face == no_face


def test_a_folder_without_pictures_is_an_error(tiny_bundle: Bundle, tmp_path: Path) -> None:
    detector = make_detector(LANE.faces, subtract_background=False)
    with pytest.raises(SourceError, match="has no pictures in folders correct, nose"):
        evaluate(tmp_path, LANE, detector, Emulator(tiny_bundle), tiny_bundle, lambda error: None)
