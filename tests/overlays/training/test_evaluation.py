"""The metrics of a classifier, their intervals, and the abstain margin."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop.detection.fixed_region import FixedRegion
from binarycop.errors import UndecodableFrame
from binarycop.geometry import Box, CropGeometry
from overlays.training.calibration import calibrate_margin, calibrate_temperature, probabilities, top2_margins
from overlays.training.evaluation import LabelledCrops, evaluate, read_photographs, wilson_interval


def test_the_wilson_interval_agrees_with_published_values() -> None:
    # Newcombe (1998), table I, method 3: 81 of 263 and 15 of 148.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-4)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-4)
    assert wilson_interval(9, 9)[1] == 1.0
    assert wilson_interval(0, 9)[0] == pytest.approx(0.0)
    with pytest.raises(ValueError, match="a count of 0"):
        wilson_interval(0, 0)


def test_confusion_recalls_and_balanced_accuracy() -> None:
    scores = np.array([[9, 0, 0, 0], [0, 9, 0, 0], [9, 0, 0, 0], [0, 0, 9, 0]], np.int32)
    crops = np.zeros((4, 32, 32, 3), np.uint8)
    report = evaluate(lambda _: scores, LabelledCrops(crops, np.array([0, 1, 1, 2]), no_face=3))
    assert report.confusion.tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert report.recalls == [1.0, 0.5, 1.0, None]
    assert report.balanced_accuracy == pytest.approx(2.5 / 3)
    assert report.as_dict()["no_face"] == 3


def test_with_the_margin_a_tenth_of_the_crops_abstain() -> None:
    margins = np.arange(0, 200, 2)
    scores = np.stack([margins, np.zeros(100, int), np.full(100, -9), np.full(100, -9)], axis=1).astype(np.int32)
    margin = calibrate_margin(scores, np.zeros(100, np.int64))
    assert (top2_margins(scores) < margin).sum() == 10
    with pytest.raises(ValueError, match="margin"):
        calibrate_margin(scores, np.full(100, 2))


def test_photographs_have_their_file_and_one_that_cannot_be_read_is_no_picture_without_a_face(tmp_path: Path) -> None:
    everything = FixedRegion(0.1, 0.1, 0.8, 0.8, subtract_background=False)
    for name in ("nose/a.jpg", "no_mask/b.webp"):
        (tmp_path / name).parent.mkdir()
        cv2.imwrite(str(tmp_path / name), np.full((80, 60, 3), 90, np.uint8))
    found = read_photographs(tmp_path, everything, CropGeometry(1.15, 0.06))
    assert found.classes.tolist() == [1, 2]
    assert [path.name for path in found.paths] == ["a.jpg", "b.webp"]
    assert found.boxes == (Box(6, 8, 48, 64),) * 2
    (tmp_path / "nose" / "c.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(UndecodableFrame, match=r"c\.jpg"):
        read_photographs(tmp_path, everything, CropGeometry(1.15, 0.06))


def test_the_temperature_makes_scores_the_probabilities_that_they_were_drawn_from() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(-30, 31, (40_000, 4)).astype(np.int32)
    drawn = (probabilities(scores, 12.0).cumsum(axis=1) < rng.random((40_000, 1))).sum(axis=1)
    assert calibrate_temperature(scores, drawn) == pytest.approx(12.0, rel=0.03)
    assert probabilities(scores, 12.0).sum(axis=1) == pytest.approx(1)
    assert probabilities(np.array([[3, 0, 0, 0]], np.int32), 3.0)[0, 0] == pytest.approx(np.e / (np.e + 3))


def test_scores_that_are_always_right_or_always_wrong_have_no_temperature() -> None:
    scores, classes = np.eye(4, dtype=np.int32) * 50, np.arange(4)
    for wanted in (classes, (classes + 1) % 4):
        with pytest.raises(ValueError, match="no temperature"):
            calibrate_temperature(scores, wanted)
