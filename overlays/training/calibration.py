"""The abstain margin: the smallest difference between best and second score at which a frame counts."""

import numpy as np
from numpy.typing import NDArray

ABSTENTION_RATE = 0.10


def calibrate_margin(scores: NDArray[np.int32], classes: NDArray[np.int64]) -> int:
    """The largest margin at which at most a tenth of the correctly classified crops abstain.

    scores: (N, 4), classes: (N,). A crop abstains if its best score minus its second score is below the margin.
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
