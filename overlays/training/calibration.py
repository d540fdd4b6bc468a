"""The abstain margin: how far the best score must lead before one frame's answer counts."""

import numpy as np
from numpy.typing import NDArray

ABSTAINING = 0.10


def calibrate(scores: NDArray[np.int32], classes: NDArray[np.int64]) -> int:
    """The largest margin at which at most a tenth of the rightly answered crops abstain.

    scores: (N, 4); a crop abstains where the best score leads the second by less than the margin. Raises ValueError
    where nothing was answered rightly.
    """
    right = scores.argmax(axis=1) == classes
    if not right.any():
        raise ValueError("a network that answers nothing rightly has no margin")
    leads = np.sort(lead(scores[right]))
    return int(leads[int(ABSTAINING * len(leads))])


def lead(scores: NDArray[np.int32]) -> NDArray[np.int32]:
    """By how much the best of the four leads the second, (N,)."""
    ordered = np.sort(scores, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2])
