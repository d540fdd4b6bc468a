"""How bright and how sharp a face is: two numbers of the crop that is classified."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Light:
    """Of one crop, each from 0 to 255.

    brightness: the mean luma (ITU-R BT.601). sharpness: the mean difference in luma between neighbours, across and
    down. It is that of the crop, so of what the network gets: a large face can be out of focus in the frame, and still
    sharp here.
    """

    brightness: float
    sharpness: float


def light_of(crop: NDArray[np.uint8]) -> Light:
    """Measure a crop, (H, W, 3) uint8 RGB, at least 2×2."""
    luma = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY))
    across = cv2.mean(cv2.absdiff(luma[:, 1:], luma[:, :-1]))[0]
    down = cv2.mean(cv2.absdiff(luma[1:], luma[:-1]))[0]
    return Light(cv2.mean(luma)[0], (across + down) / 2)
