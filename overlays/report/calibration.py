"""What the abstain margin costs and buys: coverage against risk, and how right an answer is at a given lead."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from overlays.training.calibration import top2_margins

_PARTS = 10


@dataclass(frozen=True)
class MarginEffect:
    """What comes of one margin.

    coverage: share of crops that are answered. risk: share of the answered that are answered wrongly. passing: share
    of the faces without a correctly worn mask that are answered, and called correct. refused: share of the correct
    ones that are answered, and called something else. Each None where there is nothing to count.
    """

    margin: int
    coverage: float | None
    risk: float | None
    passing: float | None
    refused: float | None


@dataclass(frozen=True)
class Curve:
    """Coverage and risk at every margin that occurs, (M,) each, from the smallest margin on."""

    margins: NDArray[np.int64]
    coverage: NDArray[np.float64]
    risk: NDArray[np.float64]


def margin_effect(scores: NDArray[np.int32], classes: NDArray[np.int64], margin: int) -> MarginEffect:
    """Count at one margin. scores: (N, 4), classes: (N,)."""
    called, answered = scores.argmax(axis=1), top2_margins(scores) >= margin
    is_correct = classes == MaskClass.CORRECT
    passes = answered & (called == MaskClass.CORRECT)
    refused = answered & (called != MaskClass.CORRECT)
    return MarginEffect(
        margin=margin,
        coverage=_share(answered),
        risk=_share((called != classes)[answered]),
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
    """From the smallest leads to the largest, in tenths of the crops: mean lead, how many right, of how many.

    Equal leads stay together, so the tenths are not quite equal.
    """
    margins = top2_margins(scores)
    right = scores.argmax(axis=1) == classes
    ordered = np.sort(margins)
    rank = (np.searchsorted(ordered, margins, "left") + np.searchsorted(ordered, margins, "right")) / 2
    part = (rank * _PARTS / len(margins)).astype(int)
    return [
        (float(margins[part == one].mean()), int(right[part == one].sum()), int((part == one).sum()))
        for one in np.unique(part)
    ]


def _share(one: NDArray[np.bool_]) -> float | None:
    return float(one.mean()) if len(one) else None
