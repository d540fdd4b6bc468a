"""What a finder took for a face and is none: shown to the next stage (Felzenszwalb et al. 2010, section 4)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from binarycop.detection.base import Detector
from binarycop.geometry import Box
from overlays.detector.labels import LabelledImage

_SCALES = (1.0, 0.55)
_SHARED = 0.2  # overlap from which it may be a face after all


@dataclass(frozen=True)
class HardNegative:
    """A place of a picture."""

    image: LabelledImage
    box: Box


def mine_hard_negatives(finder: Detector, pictures: Iterable[LabelledImage]) -> Iterator[HardNegative]:
    """Every find of a low threshold that is neither a face nor counts neither way."""
    for image in pictures:
        for scale in _SCALES:
            pixels = cv2.resize(image.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            for face in finder.detect(np.asarray(pixels, np.uint8)):
                one = face.box
                box = Box(one.x_px / scale, one.y_px / scale, one.width_px / scale, one.height_px / scale)
                if not any(box.iou(known) >= _SHARED for known in (*image.faces, *image.ignored)):
                    yield HardNegative(image, box)
