"""Where a face has gone: its picture looked for around its last place, by normalised correlation.

The picture is the one in which the finder saw the face, so that errors do not add up from frame to frame.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import Box
from binarycop.tracking.low_res import LowResFrame

_LEAST_PX = 6
_MOST_PX = 24  # a larger picture is averaged down
_REACH_PX = 10  # a step from one frame to the next, in pixels of the small frame ...
_REACH_SHARE = 0.25  # ... or in sides of the face, whichever is more
_FLAT = 3.0  # grey levels; with less contrast than that everything correlates with everything


@dataclass(frozen=True)
class Template:
    """A face as it was found. patch: (h, w) uint8, each of ``downsampling`` by ``downsampling`` pixels of the small frame.

    dx_px, dy_px: from the box's corner to the patch's, in pixels of the frame.
    """

    patch: NDArray[np.uint8]
    downsampling: int
    dx_px: float
    dy_px: float


@dataclass(frozen=True)
class Match:
    """Where a template lies best, and how well: the correlation, -1 to 1."""

    box: Box
    correlation: float


def extract(small: LowResFrame, box: Box) -> Template | None:
    """The picture of what lies in ``box``; None where there is too little of it, or nothing to be seen on it."""
    step_px = small.step_px
    height, width = small.grey.shape
    left, top = max(round(box.x_px / step_px), 0), max(round(box.y_px / step_px), 0)
    right = min(round((box.x_px + box.width_px) / step_px), width)
    bottom = min(round((box.y_px + box.height_px) / step_px), height)
    if right - left < _LEAST_PX or bottom - top < _LEAST_PX:
        return None
    thin = max(-(-max(right - left, bottom - top) // _MOST_PX), 1)
    patch = _thinned(small.grey[top:bottom, left:right], thin)
    if float(patch.std()) < _FLAT:
        return None
    return Template(patch, thin, left * step_px - box.x_px, top * step_px - box.y_px)


def match(template: Template, small: LowResFrame, box: Box, *, reach: float = 1.0) -> Match:
    """Look for a template around ``box``, which says the last place and the size; the size is not looked for.

    reach: how far, in steps from one frame to the next.
    """
    step_px, thin = small.step_px, template.downsampling
    high, wide = template.patch.shape
    left = round((box.x_px + template.dx_px) / step_px)
    top = round((box.y_px + template.dy_px) / step_px)
    far = round(reach * max(_REACH_PX, _REACH_SHARE * thin * max(high, wide)))
    # Whole steps of ``thin``, so that no displacement at all is one of those looked at.
    far += -far % thin
    from_x, from_y = _on_grid(left - far, thin), _on_grid(top - far, thin)
    to_x, to_y = max(left + far + thin * wide, 0), max(top + far + thin * high, 0)
    area = _thinned(small.grey[from_y:to_y, from_x:to_x], thin)
    if area.shape[0] < high or area.shape[1] < wide:
        return Match(box, -1.0)
    scores = cv2.matchTemplate(area, template.patch, cv2.TM_CCOEFF_NORMED)
    row, column = divmod(int(scores.argmax()), scores.shape[1])
    if not math.isfinite(scores[row, column]):
        # Over what is flat, and only there: to look first saves a quarter of following.
        scores = np.nan_to_num(scores, nan=-1, posinf=-1, neginf=-1)
        row, column = divmod(int(scores.argmax()), scores.shape[1])
    x = from_x + thin * (column + _peak(scores[row], column))
    y = from_y + thin * (row + _peak(scores[:, column], row))
    moved = Box(x * step_px - template.dx_px, y * step_px - template.dy_px, box.width_px, box.height_px)
    return Match(moved, float(scores[row, column]))


def _thinned(grey: NDArray[np.uint8], thin: int) -> NDArray[np.uint8]:
    """Averaged down; what is left over at the right and at the bottom is left out."""
    high, wide = (side // thin for side in grey.shape)
    if thin == 1 or not high or not wide:
        return np.ascontiguousarray(grey[:high, :wide])
    whole = grey[: high * thin, : wide * thin]
    return np.asarray(cv2.resize(whole, (wide, high), interpolation=cv2.INTER_AREA), np.uint8)


def _on_grid(first: int, thin: int) -> int:
    """The first pixel inside the frame that is whole steps from ``first``."""
    return first if first >= 0 else first % thin


def _peak(scores: NDArray[np.float32], at: int) -> float:
    """How far the top of a parabola through three neighbours lies from the middle one, -0.5 to 0.5."""
    if not 0 < at < len(scores) - 1:
        return 0.0
    before, here, after = (float(one) for one in scores[at - 1 : at + 2])
    bend = before - 2 * here + after
    return 0.0 if bend >= 0 else max(-0.5, min(0.5, 0.5 * (before - after) / bend))
