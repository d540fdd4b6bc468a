"""Real masks worn wrongly: skin of a bare face laid over part of a real, correctly worn mask.

Real pictures are nearly all of masks worn correctly. A network that has real ones in that class only learns that what
looks real is correct; here every class gets real cloth, folds and straps under real light. If the skin's tone or its
seam gave it away, that lesson would be learnt all the same: so the giver's tone is near, seams are soft where skin
meets skin, and ``correct`` gets them, too, beside the mask.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from overlays.synthesis.canonical_face import JAW
from overlays.synthesis.compositing import blend, region_colour, warp
from overlays.synthesis.mask_placement import KINDS, Kind, MaskPlacement, outline
from overlays.synthesis.plane import blank, fill, to_opacity

_UNDER_EYES = (0.12, 0.34, 0.37, 0.43)  # |x| from, to; y from, to: skin above nearly every mask
_SKIN_TOP_Y, _NECK_Y = 0.40, 1.2
_CUTS = [kind for kind in KINDS if kind is not Kind.GAITER]


def uncover(
    real: NDArray[np.uint8],
    real_plane: NDArray[np.float32],
    bare: NDArray[np.uint8],
    bare_plane: NDArray[np.float32],
    bare_picture: NDArray[np.float32],
    mask_class: MaskClass,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """The patch ``real`` (128, 128, 3) uint8 BGR with its mask worn so, the skin taken from the patch ``bare``.

    real_plane, bare_plane: (128, 128, 2), each pixel's canonical place; bare_picture: (160, 160, 2), the bare patch's
    pixel of each place of the drawn plane.
    """
    placement, kind = MaskPlacement.random(rng, mask_class, Kind.CLOTH), _CUTS[rng.integers(len(_CUTS))]
    face, mask = blank(), blank()
    fill(face, _skin_area(mask_class))
    fill(mask, outline(placement, kind))
    # Skin fades into skin, and ends where the mask begins.
    cover = to_opacity(face, rng.uniform(2.5, 5.0)) * (1 - to_opacity(mask, rng.uniform(0.5, 1.2)))
    skin = cv2.remap(bare, bare_picture, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    gain = np.clip(skin_tone(real, real_plane) / np.maximum(skin_tone(bare, bare_plane), 1.0), 0.7, 1.4)
    seen, share = warp(real_plane, skin, cover)
    return blend(real, seen * gain, share)


def skin_tone(patch: NDArray[np.uint8], plane: NDArray[np.float32]) -> NDArray[np.float64]:
    """The colour of the skin that nearly no mask hides, under the eyes, (3,) BGR. Arguments as ``uncover``'s."""
    return region_colour(patch, plane, _UNDER_EYES, otherwise=np.full(3, 128.0))


def _skin_area(mask_class: MaskClass) -> NDArray[np.float64]:
    """What of a face may be laid over, from under the eyes to the chin, (N, 2) canonical.

    Where the chin does, all that the mask hid at and below the jaw goes with it.
    """
    if mask_class is MaskClass.CHIN:
        jaw, end = JAW[:4] * (1.12, 1.0), [(0.36, 1.0), (0.30, _NECK_Y), (0.0, _NECK_Y)]
    else:
        jaw, end = JAW * (1.06, 1.02), []
    half = np.array([(0.40, _SKIN_TOP_Y), *jaw, *end])
    return np.concatenate([half, (half * (-1, 1))[::-1]])
