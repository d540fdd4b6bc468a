"""The difference between the boxes of two detectors, and pictures placed in frames."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.evaluation.annotated import AnnotatedImage, GroundTruthFace, Group
from binarycop.geometry import Box
from overlays.detector.measure import difference, in_frames


class Scripted:
    """A fake detector: it finds the same faces in every picture."""

    name = "scripted"

    def __init__(self, *boxes: Box) -> None:
        self.faces = [Face(box, 0.9) for box in boxes]

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        return self.faces


@pytest.fixture
def picture(tmp_path: Path) -> AnnotatedImage:
    """A black picture of 100×50 pixels with an annotated white square."""
    pixels = np.zeros((50, 100, 3), np.uint8)
    pixels[10:30, 40:60] = 255
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    return AnnotatedImage(tmp_path / "a.png", (GroundTruthFace(Group.BARE, Box(40, 10, 20, 20)),))


def test_the_difference_is_in_sides_of_the_standard_detectors_box(picture: AnnotatedImage) -> None:
    standard = Scripted(Box(0, 0, 100, 80), Box(300, 0, 10, 10), Box(500, 0, 100, 100))
    found = difference(Scripted(Box(0, 10, 110, 80), Box(300, 0, 10, 10)), standard, [picture], min_face_px=24)
    # One of the three faces is too small, and one is not found by both.
    assert (found.x.tolist(), found.y.tolist()) == ([pytest.approx(0.05)], [pytest.approx(0.1)])
    assert found.size.tolist() == [pytest.approx(np.log(1.1))]
    assert found.line().startswith("1 faces: x +0.050")


def test_a_picture_fills_the_frame_as_far_as_its_shape_allows_and_its_box_is_scaled_with_it(
    picture: AnnotatedImage,
) -> None:
    ((moved, frame),) = in_frames([picture], 320, 240)
    assert frame.shape == (240, 320, 3)
    assert (frame[:40] == 127).all()
    (face,) = moved.faces
    assert face.box == Box(128, 72, 64, 64)
    assert frame[80:128, 136:184].min() > 200
