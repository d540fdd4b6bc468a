"""The effect of the abstain margin (coverage, risk), and how well confidence agrees with the share of right answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from overlays.training.calibration import probabilities, top2_margins

_TENTHS = 10


@dataclass(frozen=True)
class MarginEffect:
    """The effect of one margin; each value is None if there are no crops to count.

    coverage: share of crops that are answered. risk: share of wrong answers among the answered crops. passing: share of
    the crops of other classes that are answered and predicted as correct. refused: share of the crops of the class
    correct that are answered and predicted as another class.
    """

    margin: int
    coverage: float | None
    risk: float | None
    passing: float | None
    refused: float | None


@dataclass(frozen=True)
class Curve:
    """Coverage and risk at each margin that occurs, in ascending order, (M,) each."""

    margins: NDArray[np.int64]
    coverage: NDArray[np.float64]
    risk: NDArray[np.float64]


def margin_effect(scores: NDArray[np.int32], classes: NDArray[np.int64], margin: int) -> MarginEffect:
    """The effect of a margin. scores: (N, 4), classes: (N,)."""
    predicted, answered = scores.argmax(axis=1), top2_margins(scores) >= margin
    is_correct = classes == MaskClass.CORRECT
    passes = answered & (predicted == MaskClass.CORRECT)
    refused = answered & (predicted != MaskClass.CORRECT)
    return MarginEffect(
        margin=margin,
        coverage=_share(answered),
        risk=_share((predicted != classes)[answered]),
        passing=_share(passes[~is_correct]),
        refused=_share(refused[is_correct]),
    )


def risk_coverage_curve(scores: NDArray[np.int32], classes: NDArray[np.int64]) -> Curve:
    """Risk against coverage (El-Yaniv and Wiener, JMLR 11, 2010), with the margin as the confidence."""
    of_crops = top2_margins(scores)
    margins = np.unique(of_crops).astype(np.int64)
    wrong = scores.argmax(axis=1) != classes
    answered = (of_crops[None] >= margins[:, None]).astype(float)
    count = answered.sum(axis=1)
    return Curve(margins, count / len(of_crops), answered @ wrong / count)


@dataclass(frozen=True)
class ConfidenceBin:
    """Crops of similar confidence. confidence: their mean, 0 to 1. right: how many of them are classified correctly."""

    confidence: float
    right: int
    count: int


def reliability(scores: NDArray[np.int32], classes: NDArray[np.int64], temperature: float) -> tuple[ConfidenceBin, ...]:
    """Tenths of the crops by the probability of the best class, ascending. Crops of equal confidence stay together."""
    confidence = probabilities(scores, temperature).max(axis=1)
    right = scores.argmax(axis=1) == classes
    ordered = np.sort(confidence)
    rank = (np.searchsorted(ordered, confidence, "left") + np.searchsorted(ordered, confidence, "right")) / 2
    part = (rank * _TENTHS / len(confidence)).astype(int)
    return tuple(
        ConfidenceBin(
            float(confidence[part == tenth].mean()), int(right[part == tenth].sum()), int((part == tenth).sum())
        )
        for tenth in np.unique(part)
    )


def calibration_error(bins: Sequence[ConfidenceBin]) -> float:
    """The expected calibration error (Naeini et al., AAAI 2015): mean gap between confidence and accuracy."""
    total = sum(one.count for one in bins)
    return sum(abs(one.confidence * one.count - one.right) for one in bins) / total


def _share(values: NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if len(values) else None
