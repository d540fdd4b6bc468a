"""Does anything move? A coarse grid against the last one that was looked at; daylight is let change slowly.

Pure: small frames and times in, the new state out.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.tracking.low_res import LowResFrame

_GRID_PX = (80, 60)
_UNLIKE = 6.0  # grey levels, of the mean over 3×3 cells; a camera's noise of 10 levels comes to below 2 there
_CELLS_LEAST = 4
_ADAPT = 0.02  # of the difference per frame
_REST_S = 1.0


@dataclass(frozen=True)
class Motion:
    """The state. grid: (60, 80) float32, what frames are held against; last_motion_s: when something last moved."""

    grid: NDArray[np.float32] | None = None
    last_motion_s: float = 0.0

    def is_static(self, now_s: float) -> bool:
        """Whether nothing has moved for long enough that whoever came to stand has been looked at."""
        return self.grid is not None and now_s - self.last_motion_s > _REST_S


def step(state: Motion, small: LowResFrame, now_s: float) -> Motion:
    """Take the next frame; the first one counts as a motion, since nothing was looked at yet."""
    grid = cv2.resize(small.grey, _GRID_PX, interpolation=cv2.INTER_AREA).astype(np.float32)
    if state.grid is None:
        return Motion(grid, now_s)
    difference = grid - state.grid
    if np.count_nonzero(np.abs(cv2.blur(difference, (3, 3))) > _UNLIKE) >= _CELLS_LEAST:
        # Held against this frame from now on, so that who creeps by less than that per frame is seen in the end.
        return Motion(grid, now_s)
    return Motion(state.grid + np.float32(_ADAPT) * difference, state.last_motion_s)
