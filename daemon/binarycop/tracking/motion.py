"""Motion detection: compares a coarse grid of each frame with a reference grid. Slow changes of daylight do not count.

Pure: low-resolution frames and times in, the new state out.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.frames.low_res import LowResFrame

_GRID_PX = (80, 60)
_MIN_DIFFERENCE = 6.0  # grey levels, mean of 3×3 cells; sensor noise of 10 levels is below 2 there
_MIN_CELLS = 4
_LEARNING_RATE = 0.02  # share of the difference that the reference takes from each frame
_STATIC_AFTER_S = 1.0


@dataclass(frozen=True)
class Motion:
    """The state.

    reference: (60, 80) float32, compared with each frame. last_motion_s, last_frame_s: times of the last motion and of
    the last frame.
    """

    reference: NDArray[np.float32] | None = None
    last_motion_s: float = 0.0
    last_frame_s: float = 0.0

    def is_static(self, now_s: float) -> bool:
        """Whether nothing has moved for a second. By then, a person who stopped has been detected."""
        return self.reference is not None and now_s - self.last_motion_s > _STATIC_AFTER_S


def step(state: Motion, frame: LowResFrame, now_s: float) -> Motion:
    """Add the next frame. The first one, also after a pause, counts as motion: the earlier scene is not known."""
    grid = cv2.resize(frame.grey, _GRID_PX, interpolation=cv2.INTER_AREA).astype(np.float32)
    if state.reference is None or now_s - state.last_frame_s > _STATIC_AFTER_S:
        return Motion(grid, now_s, now_s)
    difference = grid - state.reference
    if np.count_nonzero(np.abs(cv2.blur(difference, (3, 3))) > _MIN_DIFFERENCE) >= _MIN_CELLS:
        # The reference is replaced only after motion, so that the small steps of a slow person add up.
        return Motion(grid, now_s, now_s)
    return Motion(state.reference + np.float32(_LEARNING_RATE) * difference, state.last_motion_s, now_s)
