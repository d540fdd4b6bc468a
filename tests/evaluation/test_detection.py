"""The evaluation of detectors counts as its docstring says."""

from itertools import count

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.evaluation.annotated import GroundTruthFace, Group
from binarycop.evaluation.detection import (
    DetectorMetrics,
    Proportion,
    evaluate_detectors,
    match_detections,
    size_band,
)
from binarycop.geometry import Box


def square(x: float, side: float = 50) -> Box:
    return Box(x, 0, side, side)


def annotated(x: float, side: float = 50, group: Group = Group.MASKED) -> GroundTruthFace:
    return GroundTruthFace(group, square(x, side))


class FakeDetector:
    """Detects the same faces in every picture."""

    name = "fake"

    def __init__(self, *faces: Face) -> None:
        self.faces = list(faces)

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        return self.faces


def test_a_detection_that_overlaps_enough_is_a_hit_and_any_other_is_a_false_positive() -> None:
    is_found, false = match_detections([annotated(0), annotated(100)], [square(10), square(130), square(300)])
    assert (is_found, false) == ([True, False], [square(130), square(300)])


def test_a_second_detection_of_one_face_is_not_a_false_positive() -> None:
    assert match_detections([annotated(0)], [square(0), square(5)]) == ([True], [])


def test_each_detection_is_matched_to_the_face_that_it_overlaps_most() -> None:
    assert match_detections([annotated(0), annotated(20)], [square(18), square(1)]) == ([True, True], [])


def test_without_an_annotated_box_one_detection_is_a_hit_and_each_further_one_a_false_positive() -> None:
    somewhere = [GroundTruthFace(Group.BARE, None)]
    assert match_detections(somewhere, []) == ([False], [])
    assert match_detections(somewhere, [square(0), square(90)]) == ([True], [square(90)])


@pytest.mark.parametrize(("side", "band"), [(23.9, None), (24, 0), (39.9, 0), (40, 1), (64, 2), (900, 2)])
def test_the_size_band_depends_on_the_longer_side(side: float, band: int | None) -> None:
    assert size_band(Box(0, 0, side / 2, side)) == band


def test_the_detection_of_a_face_that_is_too_small_to_count_is_not_a_false_positive() -> None:
    metrics = DetectorMetrics("any")
    metrics.add([annotated(0, side=20)], [Face(square(0, 20), 1.0)])
    assert (metrics.recalls, metrics.false_positives, metrics.too_small) == ({}, 0, 1)


def test_the_interval_is_wilsons() -> None:
    # Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
    assert Proportion(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert Proportion(0, 0).interval == (0.0, 1.0)
    assert Proportion(0, 0).ratio is None


def test_all_detectors_run_on_each_picture_and_each_is_timed() -> None:
    pictures = [((annotated(0, 70), annotated(200, 70, Group.BARE)), np.zeros((9, 9, 3), np.uint8))] * 3
    times_s = count()
    good, bad = FakeDetector(Face(square(0, 70), 0.9)), FakeDetector(Face(square(500), 0.9))
    results = evaluate_detectors([good, bad], pictures, lambda: float(next(times_s)))
    assert results[0].recalls == {(2, Group.MASKED): Proportion(3, 3), (2, Group.BARE): Proportion(0, 3)}
    assert (results[0].false_positives, results[1].false_positives) == (0, 3)
    assert [metrics.median_ms for metrics in results] == [1000.0, 1000.0]
