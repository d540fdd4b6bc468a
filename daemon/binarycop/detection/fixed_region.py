"""The detector ``fixed``: reports a face in a region that the installer marks, by background subtraction.

It is for a lane where people stop on a mark. It knows nothing about faces. Somebody is there if the region differs
from the empty background and no longer moves. The first frame is taken as the background. What then stays for about a
minute becomes part of the background.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.geometry import Box

_GRID_PX = 16
_OCCUPIED_DIFFERENCE = 14.0  # mean, in grey levels; sensor noise averages to below 2 on the grid
_MOVING_DIFFERENCE = 9.0  # the same, between two frames
_ABSORB_FRAMES = 1800  # a minute at 30 frames per second
_LEARNING_RATE = 0.02


class FixedRegion:
    """The marked region; left, top, width and height are shares of the frame.

    subtract_background: report a face only while somebody stands there. False: always report one, for single pictures.
    """

    name = "fixed"

    def __init__(self, left: float, top: float, width: float, height: float, *, subtract_background: bool) -> None:
        self._region = Box(left, top, width, height)
        self._subtract_background = subtract_background
        self._background: NDArray[np.float32] | None = None
        self._previous: NDArray[np.float32] | None = None
        self._still_frames = 0

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Detector.detect``: one face, which is the whole region, or none."""
        height, width = pixels.shape[:2]
        region = self._region
        box = Box(region.x_px * width, region.y_px * height, region.width_px * width, region.height_px * height)
        if self._subtract_background and not self._is_occupied(pixels, box):
            return []
        return [Face(box, 1.0)]

    def _is_occupied(self, pixels: NDArray[np.uint8], box: Box) -> bool:
        grid = _grid(pixels, box)
        previous, self._previous = self._previous, grid
        if self._background is None or previous is None:
            self._background = grid
            return False
        difference = float(np.abs(grid - self._background).mean())
        is_still = float(np.abs(grid - previous).mean()) < _MOVING_DIFFERENCE
        if difference < _OCCUPIED_DIFFERENCE:
            # Daylight changes slowly, so the background is updated, but never while somebody stands there.
            self._background = self._background + np.float32(_LEARNING_RATE) * (grid - self._background)
            self._still_frames = 0
            return False
        self._still_frames = self._still_frames + 1 if is_still else 0
        if self._still_frames > _ABSORB_FRAMES:
            self._background, self._still_frames = grid, 0
            return False
        return is_still


def _grid(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.float32]:
    """The region averaged to a coarse grey grid, (16, 16) float32."""
    left, top = max(int(box.x_px), 0), max(int(box.y_px), 0)
    right, bottom = int(box.x_px + box.width_px), int(box.y_px + box.height_px)
    region = pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
    if region.shape[:2] == (1, 1):
        region = region.repeat(2, axis=0)  # OpenCV 4.5 cannot enlarge a single pixel
    averaged = cv2.resize(region, (_GRID_PX, _GRID_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(averaged.mean(axis=2), np.float32)
