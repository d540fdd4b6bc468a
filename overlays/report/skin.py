"""Skin tone as the individual typology angle (ITA), measured on bare faces.

ITA = atan((L* - 50) / b*) · 180 / π (Chardon et al., Int. J. Cosmet. Sci. 13, 1991), in six classes (Del Bino and
Bernerd, Br. J. Dermatol. 169, 2013). On photographs with unknown light it is a rough measure: exposure and white
balance change it.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from overlays.synthesis.patches import plane_map

TONES = ("very light", "light", "intermediate", "tan", "brown", "dark")
_BOUNDS_DEG = (55.0, 41.0, 28.0, 10.0, -30.0)

# Canonical regions (left, top, right, bottom): between brows and hair, and below the eyes next to the nose.
_FOREHEAD = (-0.14, 0.06, 0.14, 0.18)
_CHEEKS = ((-0.31, 0.44, -0.18, 0.58), (0.18, 0.44, 0.31, 0.58))
_MIN_PIXELS = 12
_MIN_B = 1.0  # of b*; a grey picture has no skin colour


def tone(angle_deg: float | None) -> str:
    """The class of an angle, from ``TONES``; empty without an angle."""
    if angle_deg is None:
        return ""
    return TONES[sum(angle_deg <= bound for bound in _BOUNDS_DEG)]


def angle(patch: NDArray[np.uint8], coarse: NDArray[np.float32]) -> float | None:
    """The typology angle of a bare face in degrees; None if no skin can be measured.

    patch: (128, 128, 3) uint8 BGR. coarse: (32, 32, 2), its canonical map. The result is the median of forehead and
    both cheeks, so hair, a beard or a shadow on one of them has no effect.
    """
    lab = cv2.cvtColor(patch.astype(np.float32) / np.float32(255), cv2.COLOR_BGR2LAB)
    plane = plane_map(coarse)
    measured = [_region(lab, plane, region) for region in (_FOREHEAD, *_CHEEKS)]
    angles = [value for value in measured if value is not None]
    return float(np.median(angles)) if angles else None


def _region(
    lab: NDArray[np.float32], plane: NDArray[np.float32], region: tuple[float, float, float, float]
) -> float | None:
    left, top, right, bottom = region
    x, y = plane[:, :, 0], plane[:, :, 1]
    inside = lab[(x > left) & (x < right) & (y > top) & (y < bottom)]
    if len(inside) < _MIN_PIXELS:
        return None
    lightness, _, b = np.median(inside, axis=0).tolist()
    return float(np.degrees(np.arctan((lightness - 50) / b))) if b >= _MIN_B else None
