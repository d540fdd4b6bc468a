"""Face labels in YuNet's box convention, since the classifier's training crops were cut with YuNet's boxes.

If YuNet finds an annotated face, the label is YuNet's box. If not, it is the annotated box, shifted and scaled by the
median difference of the two. A face that only YuNet finds is a label if YuNet is sure, and otherwise ignored in the
loss, unless somebody has labelled it by eye.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.detection.yunet import YuNet
from binarycop.evaluation.annotated import AnnotatedImage
from binarycop.evaluation.detection import MATCH_IOU
from binarycop.frames.image import read_picture
from binarycop.geometry import Box
from overlays.detector.manual_labels import ManualLabels

_SURE, _UNSURE = 0.85, 0.3  # confidence of a label, and of an ignored box
_SAME_FACE_IOU = 0.3
_PORTRAIT_CONFIDENCE, _PORTRAIT_SHARE = 0.6, 0.02  # the smallest of a portrait's face; share of the picture's area
_MIN_FACE_PX = 16  # annotated boxes of smaller faces are too inexact for a comparison
_LONGER_PX = 448


@dataclass(frozen=True)
class LabelledImage:
    """A picture, (H, W, 3) uint8 BGR, with its faces, and with boxes that the loss ignores."""

    pixels: NDArray[np.uint8]
    faces: tuple[Box, ...]
    ignored: tuple[Box, ...] = ()


@dataclass(frozen=True)
class BoxConvention:
    """The difference between annotated boxes and YuNet's.

    x, y: offset of the centre, in sides of the annotated box. width, height: ratios of the sides.
    """

    x: float
    y: float
    width: float
    height: float

    @staticmethod
    def between(pairs: list[tuple[Box, Box]]) -> "BoxConvention":
        """The medians of pairs of boxes (annotated, YuNet's)."""
        rows = []
        for annotated, found in pairs:
            (x, y), (to_x, to_y) = annotated.centre, found.centre
            rows.append(
                (
                    (to_x - x) / annotated.width_px,
                    (to_y - y) / annotated.height_px,
                    found.width_px / annotated.width_px,
                    found.height_px / annotated.height_px,
                )
            )
        return BoxConvention(*np.median(np.array(rows), axis=0).tolist())

    def apply(self, box: Box) -> Box:
        """The box that YuNet would give on average for an annotated box."""
        x, y = box.centre
        x, y = x + self.x * box.width_px, y + self.y * box.height_px
        width, height = box.width_px * self.width, box.height_px * self.height
        return Box(x - width / 2, y - height / 2, width, height)


class YuNetLabeller:
    """Labels pictures with YuNet, at the picture's own size up to 448 pixels."""

    def __init__(self, model: Path) -> None:
        self._yunet = YuNet(model, longer_px=_LONGER_PX, threshold=_UNSURE)

    def label_crowds(self, pictures: list[AnnotatedImage], manual: Mapping[str, ManualLabels]) -> list[LabelledImage]:
        """Convert the labels of annotated pictures. manual: labels made by eye, by picture name."""
        seen = []
        for picture in pictures:
            pixels = read_picture(picture.path)
            detections = self._yunet.detect(pixels)
            known = [face.box for face in picture.faces if face.box is not None]
            matches = [_match(detections, box) for box in known]
            seen.append((pixels, detections, known, matches, manual.get(picture.path.name, ManualLabels())))
        convention = BoxConvention.between(
            [
                (box, found)
                for _, _, known, matches, _ in seen
                for box, found in zip(known, matches)
                if found is not None and min(box.width_px, box.height_px) >= _MIN_FACE_PX
            ]
        )
        images = []
        for pixels, detections, known, matches, labels in seen:
            faces = [convention.apply(box) if found is None else found for box, found in zip(known, matches)]
            images.append(merge_labels(pixels, [*faces, *labels.faces], detections, labels.not_faces))
        return images

    def label_portrait(self, pixels: NDArray[np.uint8]) -> LabelledImage | None:
        """Label a picture of one person, (H, W, 3) uint8 BGR; None if YuNet does not find the face with confidence."""
        detections = self._yunet.detect(pixels)
        largest = max(detections, key=lambda face: face.box.area_px, default=None)
        if largest is None or largest.confidence < _PORTRAIT_CONFIDENCE:
            return None
        if largest.box.area_px < _PORTRAIT_SHARE * pixels.shape[0] * pixels.shape[1]:
            return None
        return merge_labels(pixels, [largest.box], detections)


def _match(detections: list[Face], box: Box) -> Box | None:
    best = max((face.box for face in detections), key=box.iou, default=None)
    return best if best is not None and best.iou(box) >= MATCH_IOU else None


def merge_labels(
    pixels: NDArray[np.uint8], faces: list[Box], detections: list[Face], not_faces: Sequence[Box] = ()
) -> LabelledImage:
    """A picture with its known faces and YuNet's other detections, except for boxes known to show no face."""
    others = [face for face in detections if not any(face.box.iou(box) >= _SAME_FACE_IOU for box in faces)]
    others = [face for face in others if not any(face.box.iou(box) >= MATCH_IOU for box in not_faces)]
    sure = [face.box for face in others if face.confidence >= _SURE]
    return LabelledImage(pixels, (*faces, *sure), tuple(face.box for face in others if face.confidence < _SURE))
