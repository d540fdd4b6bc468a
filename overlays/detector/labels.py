"""Boxes as YuNet draws them, since the classifier's crops were cut around those.

Where YuNet finds an annotated face its own box is taken; elsewhere the annotated one, moved and scaled by the median
of what the two differ by. What YuNet alone finds is a face where it is sure, and is left out of the loss where not,
unless it was looked at by eye.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.detection.yunet import YuNet
from binarycop.evaluation.annotated import AnnotatedImage
from binarycop.evaluation.detection import MATCH_IOU
from binarycop.geometry import Box
from overlays.detector.manual_labels import ManualLabels

_SURE, _UNSURE = 0.85, 0.3
_SEEN, _PORTRAIT = 0.6, 0.02  # confidence, and share of the picture, of a portrait's face
_LEAST_PX = 16  # annotated faces smaller than this are too coarse to compare boxes on
_LONGEST_PX = 448


@dataclass(frozen=True)
class LabelledImage:
    """A picture, (H, W, 3) uint8 BGR, with boxes to find and boxes that count neither way."""

    pixels: NDArray[np.uint8]
    faces: tuple[Box, ...]
    ignored: tuple[Box, ...] = ()


@dataclass(frozen=True)
class BoxConvention:
    """From an annotated box to YuNet's: the centre's offset in the box's sides, and the sides' ratios."""

    x: float
    y: float
    width: float
    height: float

    @staticmethod
    def between(pairs: list[tuple[Box, Box]]) -> "BoxConvention":
        """The medians over pairs (annotated, YuNet's)."""
        rows = []
        for one, other in pairs:
            (x, y), (to_x, to_y) = one.centre, other.centre
            rows.append(
                (
                    (to_x - x) / one.width_px,
                    (to_y - y) / one.height_px,
                    other.width_px / one.width_px,
                    other.height_px / one.height_px,
                )
            )
        return BoxConvention(*np.median(np.array(rows), axis=0).tolist())

    def apply(self, box: Box) -> Box:
        """The box that YuNet would draw, on average."""
        x, y = box.centre
        x, y = x + self.x * box.width_px, y + self.y * box.height_px
        width, height = box.width_px * self.width, box.height_px * self.height
        return Box(x - width / 2, y - height / 2, width, height)


class YuNetLabeller:
    """YuNet at the picture's own size."""

    def __init__(self, model: Path) -> None:
        self._yunet = YuNet(model, longer_px=_LONGEST_PX, threshold=_UNSURE)

    def crowd(self, pictures: list[AnnotatedImage], looked: Mapping[str, ManualLabels]) -> list[LabelledImage]:
        """Annotated pictures with YuNet's boxes. looked: what was seen by eye besides, by the picture's name."""
        seen = []
        for one in pictures:
            pixels = np.asarray(cv2.imread(str(one.path)), np.uint8)
            finds = self._yunet.detect(pixels)
            known = [face.box for face in one.faces if face.box is not None]
            pairs = [_best(finds, box) for box in known]
            seen.append((pixels, finds, known, pairs, looked.get(one.path.name, ManualLabels())))
        convention = BoxConvention.between(
            [
                (box, found)
                for _, _, known, pairs, _ in seen
                for box, found in zip(known, pairs)
                if found is not None and min(box.width_px, box.height_px) >= _LEAST_PX
            ]
        )
        image = []
        for pixels, finds, known, pairs, more in seen:
            faces = [convention.apply(box) if found is None else found for box, found in zip(known, pairs)]
            image.append(merge_labels(pixels, [*faces, *more.faces], finds, more.not_faces))
        return image

    def portrait(self, pixels: NDArray[np.uint8]) -> LabelledImage | None:
        """A picture of one person, (H, W, 3) uint8 BGR, or None where YuNet does not see them well."""
        finds = self._yunet.detect(pixels)
        best = max(finds, key=lambda find: find.box.area_px, default=None)
        if best is None or best.confidence < _SEEN or best.box.area_px < _PORTRAIT * pixels.shape[0] * pixels.shape[1]:
            return None
        return merge_labels(pixels, [best.box], finds)


def _best(finds: list[Face], box: Box) -> Box | None:
    best = max((find.box for find in finds), key=box.iou, default=None)
    return best if best is not None and best.iou(box) >= MATCH_IOU else None


def merge_labels(
    pixels: NDArray[np.uint8], faces: list[Box], finds: list[Face], not_faces: Sequence[Box] = ()
) -> LabelledImage:
    """The faces known, and what YuNet found besides, but where nobody is."""
    more = [one for one in finds if not any(one.box.iou(box) >= _UNSURE for box in faces)]
    more = [one for one in more if not any(one.box.iou(box) >= MATCH_IOU for box in not_faces)]
    sure = [one.box for one in more if one.confidence >= _SURE]
    return LabelledImage(pixels, (*faces, *sure), tuple(one.box for one in more if one.confidence < _SURE))
