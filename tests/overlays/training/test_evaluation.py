"""Figures: what is counted, and the intervals beside it."""

import numpy as np
import pytest

from overlays.training.calibration import calibrate, lead
from overlays.training.evaluation import Labelled, evaluate, wilson


def test_wilson_agrees_with_known_values() -> None:
    # Newcombe (1998), table I, method 3: 81 of 263 and 15 of 148.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-4)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-4)
    assert wilson(9, 9)[1] == 1.0
    assert wilson(0, 9)[0] == pytest.approx(0.0)
    with pytest.raises(ValueError, match="nothing"):
        wilson(0, 0)


def test_confusion_and_balance() -> None:
    scores = np.array([[9, 0, 0, 0], [0, 9, 0, 0], [9, 0, 0, 0], [0, 0, 9, 0]], np.int32)
    crops = np.zeros((4, 32, 32, 3), np.uint8)
    report = evaluate(lambda _: scores, Labelled(crops, np.array([0, 1, 1, 2]), no_face=3))
    assert report.confusion.tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert report.recalls == [1.0, 0.5, 1.0, None]
    assert report.balanced_accuracy == pytest.approx(2.5 / 3)
    assert report.as_dict()["no_face"] == 3


def test_margin_lets_a_tenth_abstain() -> None:
    leads = np.arange(0, 200, 2)
    scores = np.stack([leads, np.zeros(100, int), np.full(100, -9), np.full(100, -9)], axis=1).astype(np.int32)
    margin = calibrate(scores, np.zeros(100, np.int64))
    assert (lead(scores) < margin).sum() == 10
    with pytest.raises(ValueError, match="margin"):
        calibrate(scores, np.full(100, 2))
