"""Real masks worn wrongly: skin of a bare face laid over part of a real, correctly worn mask.

Real pictures are nearly all of masks worn correctly. A network that has real ones in that class only learns that what
looks real is correct; here every class gets real cloth, folds and straps under real light.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.wearing import Wearing
from overlays.synthesis.canon import JAW
from overlays.synthesis.dress import blend, colour_of, warp
from overlays.synthesis.plane import as_cover, blank, fill
from overlays.synthesis.worn import KINDS, Kind, Worn, outline

_FOREHEAD = (-1.0, 0.22, 0.14, 0.25)  # |x| from (below 0: the middle, too), to; y from, to
_EYES_Y, _NECK_Y = 0.35, 1.2
_CUTS = [kind for kind in KINDS if kind is not Kind.GAITER]


def uncover(
    real: NDArray[np.uint8],
    real_plane: NDArray[np.float32],
    bare: NDArray[np.uint8],
    bare_plane: NDArray[np.float32],
    bare_picture: NDArray[np.float32],
    wearing: Wearing,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """The patch ``real`` (128, 128, 3) uint8 BGR with its mask worn so, the skin taken from the patch ``bare``.

    real_plane, bare_plane: (128, 128, 2), each pixel's canonical place; bare_picture: (160, 160, 2), the bare patch's
    pixel of each place of the drawn plane.
    """
    worn, kind = Worn.random(rng, wearing, Kind.CLOTH), _CUTS[rng.integers(len(_CUTS))]
    cover = blank()
    fill(cover, _skin_area(wearing))
    fill(cover, outline(worn, kind), 0)
    skin = cv2.remap(bare, bare_picture, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    gain = np.clip(_forehead(real, real_plane) / np.maximum(_forehead(bare, bare_plane), 1.0), 0.6, 1.6)
    seen, share = warp(real_plane, skin, as_cover(cover, rng.uniform(0.5, 1.2)))
    return blend(real, seen * gain, share)


def _skin_area(wearing: Wearing) -> NDArray[np.float64]:
    """What of a face may come to light, from under the eyes to the chin, (N, 2) canonical.

    Where the chin does, all that the mask hid at and below the jaw goes with it.
    """
    if wearing is Wearing.CHIN:
        jaw, end = JAW[:4] * (1.12, 1.0), [(0.36, 1.0), (0.30, _NECK_Y), (0.0, _NECK_Y)]
    else:
        jaw, end = JAW * (1.06, 1.02), []
    half = np.array([(0.44, _EYES_Y), *jaw, *end])
    return np.concatenate([half, (half * (-1, 1))[::-1]])


def _forehead(patch: NDArray[np.uint8], plane: NDArray[np.float32]) -> NDArray[np.float64]:
    """The colour of what no mask hides, (3,) BGR."""
    return colour_of(patch, plane, _FOREHEAD, otherwise=np.full(3, 128.0))
