"""Skin tone as the individual typology angle (ITA), measured on bare faces.

ITA = atan((L* - 50) / b*) · 180 / π (Chardon et al., Int. J. Cosmet. Sci. 13, 1991), in six classes (Del Bino and
Bernerd, Br. J. Dermatol. 169, 2013). On photographs with unknown light it is a rough measure: exposure and white
balance change it.
"""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from overlays.synthesis.canonical_face import to_picture
from overlays.synthesis.patches import plane_map

TONES = ("very light", "light", "intermediate", "tan", "brown", "dark")
_BOUNDS_DEG = (55.0, 41.0, 28.0, 10.0, -30.0)
THIRDS = ("light", "medium", "dark")
"""The same in pairs, for sets with too few people for six groups."""

# Canonical regions (left, top, right, bottom): between brows and hair, and below the eyes next to the nose.
_FOREHEAD = (-0.14, 0.06, 0.14, 0.18)
_CHEEKS = ((-0.31, 0.44, -0.18, 0.58), (0.18, 0.44, 0.31, 0.58))
_BELOW_EYES = ((-0.31, 0.385, -0.18, 0.44), (0.18, 0.385, 0.31, 0.44))  # what a mask leaves bare
_SAMPLES = 12  # in each direction of a region of a picture
_MIN_PIXELS = 12
_MIN_B = 1.0  # of b*; a grey picture has no skin colour


def tone(angle_deg: float | None) -> str:
    """The class of an angle, from ``TONES``; empty without an angle."""
    if angle_deg is None:
        return ""
    return TONES[sum(angle_deg <= bound for bound in _BOUNDS_DEG)]


def third(tone_name: str) -> str:
    """The pair of tones that a tone is in, from ``THIRDS``; empty without a tone."""
    return THIRDS[TONES.index(tone_name) // 2] if tone_name else ""


def angle(patch: NDArray[np.uint8], coarse: NDArray[np.float32]) -> float | None:
    """The typology angle of a bare face in degrees; None if no skin can be measured.

    patch: (128, 128, 3) uint8 BGR. coarse: (32, 32, 2), its canonical map. The result is the median of forehead and
    both cheeks, so hair, a beard or a shadow on one of them has no effect.
    """
    lab, plane = _lab(patch), plane_map(coarse)
    x, y = plane[:, :, 0], plane[:, :, 1]
    return _median(
        lab[(x > left) & (x < right) & (y > top) & (y < bottom)] for left, top, right, bottom in (_FOREHEAD, *_CHEEKS)
    )


def angle_above_mask(picture: NDArray[np.uint8], mesh: NDArray[np.float32]) -> float | None:
    """The typology angle in degrees of a face that may wear a mask: the median of forehead and below both eyes.

    picture: (H, W, 3) uint8 BGR. mesh: (468, 3), its landmarks. On bare faces it correlates at 0.96 with ``angle``.
    """
    lab = _lab(picture)

    def pixels(region: tuple[float, float, float, float]) -> NDArray[np.float32]:
        left, top, right, bottom = region
        nodes = np.meshgrid(np.linspace(left, right, _SAMPLES), np.linspace(top, bottom, _SAMPLES))
        x, y = np.round(to_picture(mesh, np.stack(nodes, axis=-1).reshape(-1, 2))).astype(int).T
        inside = (x >= 0) & (y >= 0) & (x < lab.shape[1]) & (y < lab.shape[0])
        return np.asarray(lab[y[inside], x[inside]])

    return _median(pixels(region) for region in (_FOREHEAD, *_BELOW_EYES))


def _lab(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(picture.astype(np.float32) / np.float32(255), cv2.COLOR_BGR2LAB), np.float32)


def _median(regions: Iterable[NDArray[np.float32]]) -> float | None:
    measured = [_angle(inside) for inside in regions]
    angles = [value for value in measured if value is not None]
    return float(np.median(angles)) if angles else None


def _angle(inside: NDArray[np.float32]) -> float | None:
    if len(inside) < _MIN_PIXELS:
        return None
    lightness, _, b = np.median(inside, axis=0).tolist()
    return float(np.degrees(np.arctan((lightness - 50) / b))) if b >= _MIN_B else None
