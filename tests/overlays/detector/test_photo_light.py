"""Quantiles of the exposure of pictures."""

import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import Box
from overlays.detector.photo_light import FIGURES, figures_of, table
from tests.service.fakes import ScriptedDetector

FACE = Box(140, 80, 40, 52)


def picture(wall: int, face: int) -> NDArray[np.uint8]:
    """(240, 320, 3): a face in front of a wall."""
    pixels = np.full((240, 320, 3), wall, np.uint8)
    pixels[80:132, 140:180] = face
    return pixels


def test_each_picture_with_a_face_is_a_row() -> None:
    figures = figures_of([picture(200, 50), picture(100, 100), picture(255, 100)], ScriptedDetector(FACE))
    assert figures.shape == (3, len(FIGURES))
    assert figures[0].tolist() == [50, 0, 200, 0, 4, 1.3]
    assert figures[2].tolist() == [100, 0, 255, 1, 2.55, 1.3]


def test_pictures_without_a_face_or_without_background_are_left_out() -> None:
    assert figures_of([picture(9, 9)], ScriptedDetector(None)).shape == (0, len(FIGURES))
    assert figures_of([picture(9, 9)], ScriptedDetector(Box(-10, -10, 340, 260))).shape == (0, len(FIGURES))


def test_the_table_counts_who_is_backlit() -> None:
    figures = figures_of([picture(200, 50), picture(255, 100), picture(90, 80)], ScriptedDetector(FACE))
    lines = table(figures)
    assert lines[0].startswith("3 pictures")
    assert len(lines) == len(FIGURES) + 2
    assert lines[-1] == "backlit: 1; twice as bright behind: 2"
