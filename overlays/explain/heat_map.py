"""A picture of a heat map over its crop."""

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import SIDE_PX
from overlays.explain.gradcam import enlarge

_ZOOM = 10
_HEAT_SHARE = 0.45


def side_by_side(crop: NDArray[np.uint8], cells: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The enlarged crop and, to its right, the crop under its heat map; red is the most heat.

    crop: (32, 32, 3) uint8 RGB. cells: (5, 5), 0 to 1. Returns (320, 640, 3) uint8 BGR.
    """
    side = SIDE_PX * _ZOOM
    large = cv2.resize(np.ascontiguousarray(crop[:, :, ::-1]), (side, side), interpolation=cv2.INTER_NEAREST)
    return np.asarray(np.hstack([large, cv2.addWeighted(_coloured(cells), _HEAT_SHARE, large, 1 - _HEAT_SHARE, 0)]))


def _coloured(cells: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The heat map in colours from blue to red, (320, 320, 3) uint8 BGR."""
    levels = np.round(255 * np.clip(enlarge(cells, _ZOOM), 0, 1)).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(levels, cv2.COLORMAP_JET))
