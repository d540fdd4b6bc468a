"""The effect of the abstain margin: coverage, risk, and accuracy by margin."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from overlays.training.calibration import top2_margins

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


def accuracy_by_margin(scores: NDArray[np.int32], classes: NDArray[np.int64]) -> list[tuple[float, int, int]]:
    """Tenths of the crops by margin, ascending: mean margin, number of correct predictions, number of crops.

    Crops with equal margins are in the same tenth, so the tenths are not exactly equal.
    """
    margins = top2_margins(scores)
    right = scores.argmax(axis=1) == classes
    ordered = np.sort(margins)
    rank = (np.searchsorted(ordered, margins, "left") + np.searchsorted(ordered, margins, "right")) / 2
    part = (rank * _TENTHS / len(margins)).astype(int)
    return [
        (float(margins[part == tenth].mean()), int(right[part == tenth].sum()), int((part == tenth).sum()))
        for tenth in np.unique(part)
    ]


def _share(values: NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if len(values) else None
