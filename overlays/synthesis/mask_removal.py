"""Removal of part of a real mask: the skin of a bare face (the donor) is pasted over it.

Nearly all real pictures show correctly worn masks. If only the class ``correct`` had real masks, a network would learn
that whatever looks real is correct, so real masks must occur in all classes. The pasted skin must not give the class
away either: the donor has a similar skin tone, the edges between skin and skin are soft, and ``correct`` gets pasted
skin as well, next to the mask.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from overlays.synthesis.canonical_face import JAW
from overlays.synthesis.compositing import blend, find_place, region_colour, warp
from overlays.synthesis.mask_placement import KINDS, Kind, MaskPlacement, outline
from overlays.synthesis.plane import blank, fill, to_opacity

_UNDER_EYES = (0.12, 0.34, 0.37, 0.43)  # |x| from, to; y from, to: hardly any mask covers it
_SKIN_TOP_Y, _NECK_Y = 0.40, 1.2
_CUTS = [kind for kind in KINDS if kind is not Kind.GAITER]


def uncover(
    real: NDArray[np.uint8],
    real_plane: NDArray[np.float32],
    bare: NDArray[np.uint8],
    bare_picture: NDArray[np.float32],
    gain: NDArray[np.float64],
    mask_class: MaskClass,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """The patch ``real`` (128, 128, 3) uint8 BGR with its mask worn as the class says; skin comes from ``bare``.

    real_plane: (128, 128, 2), canonical position of each pixel. bare_picture: (160, 160, 2), the pixel in ``bare`` of
    each position of the drawn plane. gain: (3,), factor of each colour that gives the donor's skin the right tone.
    """
    placement, kind = MaskPlacement.random(rng, mask_class, Kind.CLOTH), _CUTS[rng.integers(len(_CUTS))]
    face, mask = blank(), blank()
    fill(face, _skin_area(mask_class))
    fill(mask, outline(placement, kind))
    # Skin fades into skin; at the mask it ends sharply.
    cover = to_opacity(face, rng.uniform(2.5, 5.0)) * (1 - to_opacity(mask, rng.uniform(0.5, 1.2)))
    place = find_place(real_plane, cover, 0.0)
    if place is None:
        return real
    donor, share = warp(real_plane[place], bare_picture, cover)
    skin = cv2.remap(bare, donor, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen: NDArray[np.uint8] = real.copy()
    seen[place] = blend(real[place], skin * gain.astype(np.float32), share)
    return seen


def tone_gain(real_tone: NDArray[np.float64], bare_tone: NDArray[np.float64]) -> NDArray[np.float64]:
    """The factor of each colour, (3,), that brings a donor's skin tone near to that of the wearer."""
    return np.clip(real_tone / np.maximum(bare_tone, 1.0), 0.7, 1.4)


def skin_tone(patch: NDArray[np.uint8], plane: NDArray[np.float32]) -> NDArray[np.float64]:
    """The median colour of the skin under the eyes, (3,) BGR. patch, plane: as in ``skin_colour``."""
    return region_colour(patch, plane, _UNDER_EYES, otherwise=np.full(3, 128.0))


def _skin_area(mask_class: MaskClass) -> NDArray[np.float64]:
    """The canonical outline (N, 2) of the area that gets skin: from under the eyes to the chin.

    For the class ``chin`` it reaches down to the neck, since a mask also hides what is below the jaw.
    """
    if mask_class is MaskClass.CHIN:
        jaw, end = JAW[:4] * (1.12, 1.0), [(0.36, 1.0), (0.30, _NECK_Y), (0.0, _NECK_Y)]
    else:
        jaw, end = JAW * (1.06, 1.02), []
    half = np.array([(0.40, _SKIN_TOP_Y), *jaw, *end])
    return np.concatenate([half, (half * (-1, 1))[::-1]])
