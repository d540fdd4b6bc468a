"""The finder ``fixed``: the region in front of a marked spot, for a lane where people stop on the mark.

It knows no faces. Somebody is there when the region looks unlike the empty spot and has come to rest; the
first frame is taken for the empty spot. What stays for a minute without a change is taken for furniture.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.geometry import Box

_GRID_PX = 16
_UNLIKE = 14.0  # mean absolute difference in grey levels; sensor noise averages to below 2 on the grid
_UNREST = 9.0
_FURNITURE_FRAMES = 1800
_ADAPT = 0.02


class FixedRegion:
    """The spot's box as shares of the frame.

    watches: take the first frame for the empty spot and answer only while somebody stands there;
    without it (single pictures) the spot is always the answer.
    """

    name = "fixed"

    def __init__(self, left: float, top: float, width: float, height: float, *, watches: bool) -> None:
        self._share = Box(left, top, width, height)
        self._watches = watches
        self._empty: NDArray[np.float32] | None = None
        self._before: NDArray[np.float32] | None = None
        self._still_frames = 0

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Detector.detect``: one face, the spot, or none."""
        height, width = pixels.shape[:2]
        share = self._share
        box = Box(share.x_px * width, share.y_px * height, share.width_px * width, share.height_px * height)
        if self._watches and not self._is_taken(pixels, box):
            return []
        return [Face(box, 1.0)]

    def _is_taken(self, pixels: NDArray[np.uint8], box: Box) -> bool:
        grid = _grid(pixels, box)
        before, self._before = self._before, grid
        if self._empty is None or before is None:
            self._empty = grid
            return False
        unlike = float(np.abs(grid - self._empty).mean())
        is_at_rest = float(np.abs(grid - before).mean()) < _UNREST
        if unlike < _UNLIKE:
            # Daylight changes slowly: the empty spot is learned on, but never from somebody who stands there.
            self._empty = self._empty + np.float32(_ADAPT) * (grid - self._empty)
            self._still_frames = 0
            return False
        self._still_frames = self._still_frames + 1 if is_at_rest else 0
        if self._still_frames > _FURNITURE_FRAMES:
            self._empty, self._still_frames = grid, 0
            return False
        return is_at_rest


def _grid(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.float32]:
    """The region averaged to a coarse grey grid, (16, 16) float32."""
    left, top = max(int(box.x_px), 0), max(int(box.y_px), 0)
    right, bottom = int(box.x_px + box.width_px), int(box.y_px + box.height_px)
    region = pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
    small = cv2.resize(region, (_GRID_PX, _GRID_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(small.mean(axis=2), np.float32)
