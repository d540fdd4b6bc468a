"""Several views of one face: mirrored, and moved by a pixel of the crop. The network answers with their mean score.

One crop with a spare pixel at each edge is cut from the frame, and the views are cut out of it, so they cost the
classifier's time only. overlays/EXPERIMENTS.md compares this with other sets of views.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.crop import crop, shrink_by_opencv
from binarycop.geometry import SIDE_PX, Box, CropGeometry
from binarycop.pixels import Pixels, Shrink
from binarycop.settings.classifier import views_of_each_face as views_of_each_face  # noqa: PLC0414 - for all users

_SPARE_PX = 1


@dataclass(frozen=True)
class View:
    """One view. right_px, down_px: how far it is moved, in pixels of the crop, at most 1. It is then mirrored."""

    is_mirrored: bool = False
    right_px: int = 0
    down_px: int = 0


VIEWS = (
    View(),
    View(is_mirrored=True),
    View(right_px=-1, down_px=-1),
    View(is_mirrored=True, right_px=1, down_px=-1),
    View(right_px=1, down_px=1),
    View(is_mirrored=True, right_px=-1, down_px=1),
    View(right_px=1, down_px=-1),
    View(is_mirrored=True, right_px=-1, down_px=-1),
    View(right_px=-1, down_px=1),
    View(is_mirrored=True, right_px=1, down_px=1),
)
"""The first n of them are used. If n is even, a mirrored face has the same views, so the same mean scores."""


def cut_views(
    pixels: Pixels, box: Box, geometry: CropGeometry, views: int, shrink: Shrink = shrink_by_opencv
) -> NDArray[np.uint8]:
    """The first ``views`` views of the face at ``box``, (views, 32, 32, 3) uint8 RGB. With 1 view it is ``crop``.

    pixels: (H, W, 3) uint8 BGR. shrink: as of ``crop``. Raises ValueError if there are not that many views.
    """
    if not 1 <= views <= len(VIEWS):
        raise ValueError(f"there are 1 to {len(VIEWS)} views, not {views}")
    if views == 1:
        return crop(pixels, box, geometry, shrink=shrink)[None]
    return views_in(crop(pixels, box, geometry, _SPARE_PX, shrink), VIEWS[:views])


def views_in(wide: NDArray[np.uint8], views: tuple[View, ...]) -> NDArray[np.uint8]:
    """Views of a crop with a spare pixel at each edge, (34, 34, 3) uint8. Returns (V, 32, 32, 3) uint8, contiguous."""
    cut = np.empty((len(views), SIDE_PX, SIDE_PX, 3), np.uint8)
    mirrored = cv2.flip(wide, 1)  # once, since numpy mirrors byte by byte
    for out, view in zip(cut, views):
        whole, right_px = (mirrored, -view.right_px) if view.is_mirrored else (wide, view.right_px)
        left, top = _SPARE_PX + right_px, _SPARE_PX + view.down_px
        out[:] = whole[top : top + SIDE_PX, left : left + SIDE_PX]
    return cut


def mean_scores(scores: NDArray[np.int32]) -> NDArray[np.int32]:
    """The mean scores of one face, (4,) int32, from those of its views, (V, 4).

    They are rounded, and on the scale of one view's scores, so the bundle's margin limit applies to them.
    """
    # numpy takes four times as long for so few numbers.
    return np.array([round(sum(of_class) / len(scores)) for of_class in zip(*scores.tolist())], np.int32)
