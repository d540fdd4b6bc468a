"""Hard negatives: false detections of one training stage, used in the next (Felzenszwalb et al. 2010, section 4)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from binarycop.detection.base import Detector
from binarycop.geometry import Box
from overlays.detector.labels import LabelledImage

_SCALES = (1.0, 0.55)
_MAX_IOU = 0.2  # with a labelled face; above it a detection may be that face


@dataclass(frozen=True)
class HardNegative:
    """A false detection. box: in the image's pixels."""

    image: LabelledImage
    box: Box


def mine_hard_negatives(detector: Detector, pictures: Iterable[LabelledImage]) -> Iterator[HardNegative]:
    """All detections that overlap neither a labelled face nor an ignored box, at two scales of each picture.

    detector: a detector with a low threshold.
    """
    for image in pictures:
        for scale in _SCALES:
            pixels = cv2.resize(image.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            for face in detector.detect(np.asarray(pixels, np.uint8)):
                scaled = face.box
                corner_px, size_px = (scaled.x_px, scaled.y_px), (scaled.width_px, scaled.height_px)
                box = Box(*(value / scale for value in (*corner_px, *size_px)))
                if not any(box.iou(known) >= _MAX_IOU for known in (*image.faces, *image.ignored)):
                    yield HardNegative(image, box)
