"""What an earlier stage took for faces, and is none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.geometry import Box
from overlays.detector.hard_negatives import mine_hard_negatives
from overlays.detector.labels import LabelledImage


class Eager:
    """Finds a face in the picture's upper left quarter and one in its lower right, whatever it is shown."""

    name = "eager"

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        height, width = (side / 2 for side in pixels.shape[:2])
        return [Face(Box(x, y, width, height), 0.3) for x, y in ((0, 0), (width, height))]


def test_a_find_that_is_no_face_is_a_decoy_in_the_pictures_own_pixels() -> None:
    image = LabelledImage(np.zeros((80, 120, 3), np.uint8), (Box(2, 2, 50, 40),))
    found = list(mine_hard_negatives(Eager(), [image]))
    assert len(found) == 2
    for one in found:
        assert one.image is image
        place = one.box.x_px, one.box.y_px, one.box.width_px, one.box.height_px
        assert place == pytest.approx((60, 40, 60, 40), abs=1)


def test_what_may_be_a_face_is_none() -> None:
    image = LabelledImage(np.zeros((80, 120, 3), np.uint8), (Box(2, 2, 50, 40),), (Box(70, 40, 50, 40),))
    assert list(mine_hard_negatives(Eager(), [image])) == []
