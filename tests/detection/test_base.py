"""Which of the faces in one picture decides."""

from binarycop.detection.base import Face, largest_face
from binarycop.geometry import Box


def test_the_nearest_face_decides_and_far_ones_do_not_count() -> None:
    far, near, farther = Face(Box(0, 0, 40, 50), 0.9), Face(Box(0, 0, 60, 80), 0.6), Face(Box(0, 0, 20, 90), 0.9)
    assert largest_face([far, near, farther], 32) is near
    assert largest_face([farther], 32) is None
    assert largest_face([], 32) is None
