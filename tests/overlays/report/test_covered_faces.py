"""The covers that are drawn over a lower face."""

import numpy as np

from binarycop.geometry import Box
from overlays.report.covered_faces import COVERS, covered


def test_the_lower_half_is_covered_and_the_upper_half_is_not() -> None:
    pixels = np.full((100, 100, 3), 120, np.uint8)
    picture = covered(pixels, Box(20, 20, 40, 40), COVERS[0], seed=0)
    assert np.array_equal(picture[:40], pixels[:40])
    assert (picture[40:66, 18:62] > 200).all()
    assert np.array_equal(picture[66:], pixels[66:])
    assert (pixels == 120).all(), "the picture itself stays"


def test_a_face_at_the_edge_is_covered_as_far_as_it_is_visible() -> None:
    pixels = np.full((50, 50, 3), 120, np.uint8)
    picture = covered(pixels, Box(-10, 20, 40, 40), COVERS[1], seed=0)
    assert picture[45, 0].tolist() != [120, 120, 120]
