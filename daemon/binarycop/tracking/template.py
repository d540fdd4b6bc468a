"""Template matching: where a face has moved to since its detection, by normalised cross-correlation.

A template is always from the frame of a detection, never from a match, so errors do not add up from frame to frame.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.frames.low_res import LowResFrame
from binarycop.geometry import Box

_MIN_PX = 6
_MAX_PX = 24  # a larger template is averaged down
_SEARCH_PX = 10  # how far to search from one frame to the next, in low-resolution pixels ...
_SEARCH_SHARE = 0.25  # ... or in sides of the face, if that is farther
_MIN_CONTRAST = 3.0  # standard deviation, in grey levels; flatter templates correlate with everything


@dataclass(frozen=True)
class Template:
    """A small grey picture of a detected face.

    patch: (h, w) uint8. downsampling: each of its pixels is the mean of this many by this many low-resolution pixels.
    dx_px, dy_px: offset of the patch's corner from the box's corner, in pixels of the frame.
    """

    patch: NDArray[np.uint8]
    downsampling: int
    dx_px: float
    dy_px: float


@dataclass(frozen=True)
class Match:
    """The best position of a template, and its correlation there, -1 to 1."""

    box: Box
    correlation: float


def extract(frame: LowResFrame, box: Box) -> Template | None:
    """The template of what is in ``box``. None if too little of it is in the frame or it is too flat."""
    step_px = frame.step_px
    height, width = frame.grey.shape
    left, top = max(round(box.x_px / step_px), 0), max(round(box.y_px / step_px), 0)
    right = min(round((box.x_px + box.width_px) / step_px), width)
    bottom = min(round((box.y_px + box.height_px) / step_px), height)
    if right - left < _MIN_PX or bottom - top < _MIN_PX:
        return None
    factor = max(-(-max(right - left, bottom - top) // _MAX_PX), 1)
    patch = _averaged(frame.grey[top:bottom, left:right], factor)
    # Nothing is left of a box that is very long and thin.
    if not patch.size or float(patch.std()) < _MIN_CONTRAST:
        return None
    return Template(patch, factor, left * step_px - box.x_px, top * step_px - box.y_px)


def match(template: Template, frame: LowResFrame, box: Box) -> Match:
    """Search for a template around ``box``, its last position. The size stays that of ``box``."""
    step_px, factor = frame.step_px, template.downsampling
    height, width = template.patch.shape
    left = round((box.x_px + template.dx_px) / step_px)
    top = round((box.y_px + template.dy_px) / step_px)
    reach = round(max(_SEARCH_PX, _SEARCH_SHARE * factor * max(height, width)))
    # A whole number of the template's pixels, so that the last position itself is searched.
    reach += -reach % factor
    from_x, from_y = _aligned(left - reach, factor), _aligned(top - reach, factor)
    to_x, to_y = max(left + reach + factor * width, 0), max(top + reach + factor * height, 0)
    area = _averaged(frame.grey[from_y:to_y, from_x:to_x], factor)
    if area.shape[0] < height or area.shape[1] < width:
        return Match(box, -1.0)
    scores = cv2.matchTemplate(area, template.patch, cv2.TM_CCOEFF_NORMED)
    row, column = divmod(int(scores.argmax()), scores.shape[1])
    if not math.isfinite(scores[row, column]):
        # A flat area has no finite correlation. That is rare, so the scores are corrected only if the best is one.
        scores = np.nan_to_num(scores, nan=-1, posinf=-1, neginf=-1)
        row, column = divmod(int(scores.argmax()), scores.shape[1])
    x = from_x + factor * (column + _peak(scores[row], column))
    y = from_y + factor * (row + _peak(scores[:, column], row))
    moved = Box(x * step_px - template.dx_px, y * step_px - template.dy_px, box.width_px, box.height_px)
    return Match(moved, float(scores[row, column]))


def _averaged(grey: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Means of ``factor`` by ``factor`` pixels. Pixels that are left over at the right and below are dropped."""
    height, width = (side // factor for side in grey.shape)
    if factor == 1 or not height or not width:
        return np.ascontiguousarray(grey[:height, :width])
    whole = grey[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _aligned(first: int, factor: int) -> int:
    """The first position inside the frame that is a whole number of ``factor`` from ``first``."""
    return first if first >= 0 else first % factor


def _peak(scores: NDArray[np.float32], at: int) -> float:
    """Offset of the top of a parabola through a score and its two neighbours, -0.5 to 0.5."""
    if not 0 < at < len(scores) - 1:
        return 0.0
    before, here, after = (float(score) for score in scores[at - 1 : at + 2])
    curvature = before - 2 * here + after
    return 0.0 if curvature >= 0 else max(-0.5, min(0.5, 0.5 * (before - after) / curvature))
