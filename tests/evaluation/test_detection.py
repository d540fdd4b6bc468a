"""The benchmark of finders counts as it says."""

from itertools import count
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.evaluation.annotated import AnnotatedImage, GroundTruthFace, Group
from binarycop.evaluation.detection import DetectorMetrics, Proportion, band_of, match_detections, measure
from binarycop.geometry import Box


def square(x: float, side: float = 50) -> Box:
    return Box(x, 0, side, side)


def known(x: float, side: float = 50, group: Group = Group.MASKED) -> GroundTruthFace:
    return GroundTruthFace(group, square(x, side))


class Scripted:
    """Finds the same in every picture."""

    name = "scripted"

    def __init__(self, *faces: Face) -> None:
        self.faces = list(faces)

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        return self.faces


def test_a_find_that_overlaps_enough_is_right_and_another_is_false() -> None:
    found, false = match_detections([known(0), known(100)], [square(10), square(130), square(300)])
    assert (found, false) == ([True, False], [square(130), square(300)])


def test_two_finds_on_one_face_are_one_face_and_no_false_find() -> None:
    assert match_detections([known(0)], [square(0), square(5)]) == ([True], [])


def test_each_find_takes_the_face_that_it_overlaps_most() -> None:
    assert match_detections([known(0), known(20)], [square(18), square(1)]) == ([True, True], [])


def test_where_no_box_is_known_one_find_is_right_and_each_further_one_false() -> None:
    somebody = [GroundTruthFace(Group.BARE, None)]
    assert match_detections(somebody, []) == ([False], [])
    assert match_detections(somebody, [square(0), square(90)]) == ([True], [square(90)])


@pytest.mark.parametrize(("side", "band"), [(23.9, None), (24, 0), (39.9, 0), (40, 1), (64, 2), (900, 2)])
def test_sizes_fall_into_bands_by_the_longer_side(side: float, band: int | None) -> None:
    assert band_of(Box(0, 0, side / 2, side)) == band


def test_a_face_too_small_to_count_is_no_false_find_either() -> None:
    figures = DetectorMetrics("any")
    figures.count([known(0, side=20)], [Face(square(0, 20), 1.0)])
    assert (figures.shares, figures.false_positives) == ({}, 0)


def test_the_interval_is_wilsons() -> None:
    # Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
    assert Proportion(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert Proportion(0, 0).interval == (0.0, 1.0)
    assert Proportion(0, 0).recall is None


def test_all_finders_see_each_picture_and_each_is_timed() -> None:
    pictures = [AnnotatedImage(Path(str(at)), (known(0, 70), known(200, 70, Group.BARE))) for at in range(3)]
    times_s = count()
    good, bad = Scripted(Face(square(0, 70), 0.9)), Scripted(Face(square(500), 0.9))
    figures = measure([good, bad], pictures, lambda _: np.zeros((9, 9, 3), np.uint8), lambda: float(next(times_s)))
    assert figures[0].shares == {(2, Group.MASKED): Proportion(3, 3), (2, Group.BARE): Proportion(0, 3)}
    assert (figures[0].false_positives, figures[1].false_positives) == (0, 3)
    assert [one.median_ms for one in figures] == [1000.0, 1000.0]
