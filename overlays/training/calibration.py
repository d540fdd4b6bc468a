"""The abstain margin: how far the best score must lead before one frame's answer counts."""

import numpy as np
from numpy.typing import NDArray

ABSTENTION_RATE = 0.10


def calibrate_margin(scores: NDArray[np.int32], classes: NDArray[np.int64]) -> int:
    """The largest margin at which at most a tenth of the rightly answered crops abstain.

    scores: (N, 4); a crop abstains where the best score leads the second by less than the margin. Raises ValueError
    where nothing was answered rightly.
    """
    right = scores.argmax(axis=1) == classes
    if not right.any():
        raise ValueError("a network that answers nothing rightly has no margin")
    margins = np.sort(top2_margins(scores[right]))
    return int(margins[int(ABSTENTION_RATE * len(margins))])


def top2_margins(scores: NDArray[np.int32]) -> NDArray[np.int32]:
    """By how much the best of the four leads the second, (N,)."""
    ordered = np.sort(scores, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2])
