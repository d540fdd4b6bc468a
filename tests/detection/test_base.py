"""Which face in a picture decides."""

from binarycop.detection.base import Face, largest_face
from binarycop.geometry import Box


def test_the_largest_face_decides_and_small_faces_do_not_count() -> None:
    small, large, narrow = Face(Box(0, 0, 40, 50), 0.9), Face(Box(0, 0, 60, 80), 0.6), Face(Box(0, 0, 20, 90), 0.9)
    assert largest_face([small, large, narrow], 32) is large
    assert largest_face([narrow], 32) is None
    assert largest_face([], 32) is None
