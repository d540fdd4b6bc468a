"""From the survey's values to boxes, and from boxes to faces; pure."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.lookout.network import OUTPUTS, PROPOSAL

# Boxes are multiples of a quarter pixel: engines differ in the sixth digit, and their boxes must not.
_FINEST = np.array([4.0, 4.0, 4.0, 4.0, 1000.0])
_VOTE_IOU = 0.6  # overlap with the surest from which a box is averaged in
_CONTAINED = 0.7  # share of a box within a surer one from which it is a part of that
_GROWTH_MOST = 3.0  # logarithm; no face is larger than 20 times its stride's usual size


def decode(values: list[NDArray[np.float32]], threshold: float) -> NDArray[np.float64]:
    """Every cell that is sure enough, (N, 5): x, y, width, height in pixels of the padded frame, confidence.

    values: per head (5, rows, columns).
    """
    said = np.concatenate([one.reshape(OUTPUTS, -1) for one in values], axis=1)
    sure = np.flatnonzero(said[0] >= math.log(threshold / (1 - threshold)))
    said = said[:, sure].astype(np.float64)
    cells = _cells(tuple(one.shape[1:] for one in values))[:, sure]
    sides = np.exp(np.minimum(said[3:], _GROWTH_MOST)) * cells[3]
    found = np.empty((len(sure), 5))
    found[:, :2] = ((cells[:2] + said[1:3]) * cells[2] - sides / 2).T
    found[:, 2:4] = sides.T
    found[:, 4] = 1 / (1 + np.exp(-said[0]))
    return found


@lru_cache(maxsize=8)
def _cells(shapes: tuple[tuple[int, int], ...]) -> NDArray[np.float64]:
    """Of all heads' cells in a row, (4, C): their middle x and y in strides, stride and usual side in pixels.

    shapes: rows and columns of each head. Kept, since a camera's frames are all of one size.
    """
    parts = []
    for head, (rows, columns) in zip(PROPOSAL.heads, shapes):
        row, column = np.divmod(np.arange(rows * columns), columns)
        sizes = np.full_like(row, head.stride_px, np.float64), np.full_like(row, head.reference_px, np.float64)
        parts.append(np.stack([column + 0.5, row + 0.5, *sizes]))
    return np.concatenate(parts, axis=1)


def weighted_nms(found: NDArray[np.float64], overlap: float) -> NDArray[np.float64]:
    """One row per face, (M, 5), the surest first.

    What overlaps a surer one by more than ``overlap``, or lies within it, is part of it. The box is the mean of
    those that agree with the surest, weighted by confidence: it trembles less than any one of them. Rounded to a
    quarter pixel.
    """
    if len(found) < 2:
        return _rounded(found)
    faces = []
    found = found[np.argsort(-found[:, 4], kind="stable")]
    while len(found):
        inner, areas = intersection_px(found[0], found), found[:, 2] * found[:, 3]
        shared = inner / (areas[0] + areas - inner)
        same = found[shared >= _VOTE_IOU]
        box = (same[:, :4] * same[:, 4:]).sum(axis=0) / same[:, 4].sum()
        faces.append(np.append(box, found[0, 4]))
        # An ear or the mask itself is taken for a small face now and then; nobody's face is inside another's.
        found = found[(shared <= overlap) & (inner <= _CONTAINED * areas)]
    return _rounded(np.array(faces))


def _rounded(faces: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.round(faces * _FINEST) / _FINEST)


def intersection_px(one: NDArray[np.float64], many: NDArray[np.float64]) -> NDArray[np.float64]:
    """The area that a row shares with each of many, (N,)."""
    low = np.maximum(one[:2], many[:, :2])
    high = np.minimum(one[:2] + one[2:4], many[:, :2] + many[:, 2:4])
    return np.asarray(np.maximum(high - low, 0).prod(axis=1))
