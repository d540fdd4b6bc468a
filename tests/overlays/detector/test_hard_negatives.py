"""Hard negatives: false detections of an earlier stage."""

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.geometry import Box
from overlays.detector.hard_negatives import mine_hard_negatives
from overlays.detector.labels import LabelledImage


class Eager:
    """A fake detector: it always finds a face in the upper left quarter and one in the lower right quarter."""

    name = "eager"

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        height, width = (side / 2 for side in pixels.shape[:2])
        return [Face(Box(x, y, width, height), 0.3) for x, y in ((0, 0), (width, height))]


def test_a_false_detection_is_a_hard_negative_in_the_pixels_of_the_original_picture() -> None:
    image = LabelledImage(np.zeros((80, 120, 3), np.uint8), (Box(2, 2, 50, 40),))
    found = list(mine_hard_negatives(Eager(), [image]))
    assert len(found) == 2
    for negative in found:
        assert negative.image is image
        box = negative.box.x_px, negative.box.y_px, negative.box.width_px, negative.box.height_px
        assert box == pytest.approx((60, 40, 60, 40), abs=1)


def test_a_detection_on_an_ignored_box_is_no_hard_negative() -> None:
    image = LabelledImage(np.zeros((80, 120, 3), np.uint8), (Box(2, 2, 50, 40),), (Box(70, 40, 50, 40),))
    assert list(mine_hard_negatives(Eager(), [image])) == []
