"""What is calibrated on synthetic val: the abstain margin, and the temperature that makes scores probabilities.

A crop abstains if its best score minus its second score is below the margin. The probability of a class is the softmax
of the scores divided by the temperature (Guo et al., ICML 2017).
"""

import numpy as np
from numpy.typing import NDArray

ABSTENTION_RATE = 0.10
_SHARPEST, _STEPS = 10.0, 60  # of the bisection: 1 / the lowest temperature; number of halvings


def calibrate_margin(scores: NDArray[np.int32], classes: NDArray[np.int64]) -> int:
    """The largest margin at which at most a tenth of the correctly classified crops abstain.

    scores: (N, 4), classes: (N,).
    Raises ValueError if no crop is classified correctly.
    """
    right = scores.argmax(axis=1) == classes
    if not right.any():
        raise ValueError("a network that classifies no crop correctly has no margin")
    margins = np.sort(top2_margins(scores[right]))
    return int(margins[int(ABSTENTION_RATE * len(margins))])


def top2_margins(scores: NDArray[np.int32]) -> NDArray[np.int32]:
    """The best of the four scores minus the second, (N,)."""
    ordered = np.sort(scores, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2])


def calibrate_temperature(scores: NDArray[np.int32], classes: NDArray[np.int64]) -> float:
    """The temperature at which the probabilities of the true classes are highest (least cross-entropy).

    scores: (N, 4), classes: (N,). The cross-entropy is convex in one over the temperature, so its slope is bisected.
    Raises ValueError if no temperature is best: all answers are right, or scores say nothing.
    """
    own = scores[np.arange(len(scores)), classes]
    low, high = 0.0, _SHARPEST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        slope = ((probabilities(scores, 1 / middle) * scores).sum(axis=1) - own).mean()
        low, high = (low, middle) if slope > 0 else (middle, high)
    if low == 0 or high == _SHARPEST:
        raise ValueError("scores that are always right, or say nothing of the class, have no temperature")
    return float(1 / low)


def probabilities(scores: NDArray[np.int32], temperature: float) -> NDArray[np.float64]:
    """The probability of each class, (N, 4), from scores (N, 4)."""
    powers = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
