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
from binarycop.errors import SourceError
from binarycop.evaluation.classification import Report, evaluate
from binarycop.evaluation.omissions import Omissions, Reason
from binarycop.geometry import Box
from binarycop.settings.faces import DetectorKind, FacesSettings
from binarycop.settings.schema import LaneSettings
from tests.tried import Kind, tried

LANE = LaneSettings(faces=FacesSettings(finder=DetectorKind.FIXED))


def test_balanced_accuracy_is_the_mean_recall_of_the_classes_that_have_faces() -> None:
    report = Report(confusion=[[3, 1, 0, 0], [0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]])
    assert report.recall() == {"correct": 0.75, "nose": None, "nose_mouth": 0.5, "chin": None}
    assert report.balanced_accuracy() == 0.625


def test_without_a_face_there_is_no_balanced_accuracy() -> None:
    assert Report().balanced_accuracy() is None


def evaluated(folder: Path, bundle: Bundle) -> tuple[Report, Omissions]:
    detector, omissions = make_detector(LANE.faces, subtract_background=False), Omissions()
    return evaluate(folder, LANE, detector, Emulator(bundle), bundle, omissions), omissions


def grey(file: Path, level: int = 90) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(cv2.imencode(".png", np.full((200, 200, 3), level, np.uint8))[1].tobytes())


@tried(Kind.PICTURE, "a JPEG of 0 bytes, one that ends in the middle, text named .jpg", "left out: counted and named")
def test_a_picture_that_cannot_be_decoded_is_left_out_and_named(tiny_bundle: Bundle, tmp_path: Path) -> None:
    grey(tmp_path / "chin" / "face.png")
    (tmp_path / "chin" / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "chin" / "zero.jpg").write_bytes(b"")
    jpeg = cv2.imencode(".jpg", np.full((200, 200, 3), 90, np.uint8))[1].tobytes()
    (tmp_path / "chin" / "half.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    report, omissions = evaluated(tmp_path, tiny_bundle)
    assert [name.split()[0] for name in omissions.tallies[Reason.UNDECODABLE].first] == [
        "chin/broken.jpg", "chin/half.jpg", "chin/zero.jpg",
    ]  # fmt: skip
    assert (report.images, report.no_face, omissions.count) == (1, 0, 3)
    assert [sum(row) for row in report.confusion] == [0, 0, 0, 1]


@tried(Kind.PICTURE, "a PNG named .jpg", "read")
def test_the_content_decides_the_format(tiny_bundle: Bundle, tmp_path: Path) -> None:
    grey(tmp_path / "nose" / "face.jpg")
    assert evaluated(tmp_path, tiny_bundle)[0].images == 1


def test_without_a_picture_that_can_be_decoded_there_is_no_result(tiny_bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "chin").mkdir()
    (tmp_path / "chin" / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(SourceError, match="has no picture that can be decoded"):
        evaluated(tmp_path, tiny_bundle)


@tried(Kind.FOLDER, "the same picture twice, or in two classes", "counted, and named")
def test_a_picture_that_is_there_twice_is_named_and_counts_twice(tiny_bundle: Bundle, tmp_path: Path) -> None:
    for name in ("correct/a.png", "correct/b.png", "no_mask/c.png"):
        grey(tmp_path / name)
    grey(tmp_path / "correct" / "other.png", 91)
    report, omissions = evaluated(tmp_path, tiny_bundle)
    assert (report.images, omissions.count) == (4, 0)
    assert (report.repeated.count, report.repeated.first) == (1, ["correct/b.png is correct/a.png"])
    assert (report.contradicted.count, report.contradicted.first) == (1, ["no_mask/c.png is correct/a.png"])


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
    report = evaluate(tmp_path, LANE, OneFace(), Emulator(tiny_bundle), tiny_bundle, Omissions())
    assert LANE.faces.least_px > side_px
    assert report.no_face == no_face
