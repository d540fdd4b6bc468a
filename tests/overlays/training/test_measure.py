"""The printed metrics of a network, with their intervals."""

import numpy as np
import pytest

pytest.importorskip("torch")

from overlays.training.evaluation import LabelledCrops
from overlays.training.measure import describe


def test_a_line_has_mean_recall_each_recall_and_the_uncovered_called_correct() -> None:
    classes = np.repeat([0, 1, 2], [4, 10, 10])
    answers = np.array([0, 0, 0, 1, *[1] * 8, 0, 2, *[2] * 10])
    scores = np.eye(4, dtype=np.int32)[answers]
    line = describe(scores, LabelledCrops(np.zeros((24, 32, 32, 3), np.uint8), classes, no_face=2))
    # Half the width, by hand: 1.96 · √(0.75 · 0.25 / 4 + 0.8 · 0.2 / 10 + 0) / 3 = 0.164.
    assert line.startswith("0.850 ± 0.164, correct 3/4 (0.30-0.95), nose 8/10 (0.49-0.94), nose_mouth 10/10")
    assert line.endswith("uncovered called correct 1/20 (0.01-0.24), no face 2")
