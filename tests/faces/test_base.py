"""Which of the faces in one picture decides."""

from binarycop.faces.base import nearest
from binarycop.faces.box import Box, Face


def test_the_nearest_face_decides_and_far_ones_do_not_count() -> None:
    far, near, farther = Face(Box(0, 0, 40, 50), 0.9), Face(Box(0, 0, 60, 80), 0.6), Face(Box(0, 0, 20, 90), 0.9)
    assert nearest([far, near, farther], 32) is near
    assert nearest([farther], 32) is None
    assert nearest([], 32) is None
