"""From the proposal network's outputs to boxes, and from overlapping boxes to faces. Pure."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.lookout.network import OUTPUTS, PROPOSAL

# Boxes are rounded to a quarter pixel: engines differ in the sixth digit, and their boxes must not.
_STEPS_PER_UNIT = np.array([4.0, 4.0, 4.0, 4.0, 1000.0])
_VOTE_IOU = 0.6  # boxes that overlap the best one by this much are averaged with it
_CONTAINED = 0.7  # boxes with more than this share inside a better one are suppressed
_LOG_SIZE_MAX = 3.0  # so no face is larger than 20 times its stride's reference size


def decode(outputs: list[NDArray[np.float32]], threshold: float) -> NDArray[np.float64]:
    """The box of every cell whose confidence is at least ``threshold``.

    outputs: one array for each head, (5, rows, columns).
    Returns (N, 5): x, y, width and height in pixels of the padded frame, and confidence.
    """
    flat = np.concatenate([head.reshape(OUTPUTS, -1) for head in outputs], axis=1)
    likely = np.flatnonzero(flat[0] >= math.log(threshold / (1 - threshold)))
    flat = flat[:, likely].astype(np.float64)
    cells = _cells(tuple(head.shape[1:] for head in outputs))[:, likely]
    sides = np.exp(np.minimum(flat[3:], _LOG_SIZE_MAX)) * cells[3]
    boxes = np.empty((len(likely), 5))
    boxes[:, :2] = ((cells[:2] + flat[1:3]) * cells[2] - sides / 2).T
    boxes[:, 2:4] = sides.T
    boxes[:, 4] = 1 / (1 + np.exp(-flat[0]))
    return boxes


@lru_cache(maxsize=8)
def _cells(shapes: tuple[tuple[int, int], ...]) -> NDArray[np.float64]:
    """All heads' cells in one row, (4, C): centre x and y in strides, stride and reference size in pixels.

    shapes: rows and columns of each head. Cached, since all frames of a camera have one size.
    """
    parts = []
    for head, (rows, columns) in zip(PROPOSAL.heads, shapes):
        row, column = np.divmod(np.arange(rows * columns), columns)
        sizes = np.full_like(row, head.stride_px, np.float64), np.full_like(row, head.reference_px, np.float64)
        parts.append(np.stack([column + 0.5, row + 0.5, *sizes]))
    return np.concatenate(parts, axis=1)


def weighted_nms(boxes: NDArray[np.float64], max_iou: float) -> NDArray[np.float64]:
    """Weighted non-maximum suppression: one row for each face, (M, 5), the most confident first.

    boxes: (N, 5) as from ``decode``. A box that overlaps a more confident one by more than ``max_iou``, or lies inside
    it, is suppressed. Each result is the mean of the best box and those that agree with it, weighted by confidence,
    so that it varies less from frame to frame (BlazeFace, Bazarevsky et al. 2019). Rounded to a quarter pixel.
    """
    if len(boxes) < 2:
        return _round(boxes)
    faces = []
    boxes = boxes[np.argsort(-boxes[:, 4], kind="stable")]
    while len(boxes):
        intersections, areas = intersection_px(boxes[0], boxes), boxes[:, 2] * boxes[:, 3]
        ious = intersections / (areas[0] + areas - intersections)
        votes = boxes[ious >= _VOTE_IOU]
        mean = (votes[:, :4] * votes[:, 4:]).sum(axis=0) / votes[:, 4].sum()
        faces.append(np.append(mean, boxes[0, 4]))
        # An ear or the mask itself is sometimes taken for a small face, but no face is inside another one.
        boxes = boxes[(ious <= max_iou) & (intersections <= _CONTAINED * areas)]
    return _round(np.array(faces))


def intersection_px(box: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The common area of a box, x, y, width, height, with each of many, (N,), in square pixels."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[:2] + box[2:4], boxes[:, :2] + boxes[:, 2:4])
    return np.asarray(np.maximum(high - low, 0).prod(axis=1))


def _round(faces: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.round(faces * _STEPS_PER_UNIT) / _STEPS_PER_UNIT)
