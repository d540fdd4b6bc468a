"""What a finder took for a face and is none: shown to the next stage (Felzenszwalb et al. 2010, section 4)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from binarycop.detection.base import Detector
from binarycop.geometry import Box
from overlays.detector.labels import Taught

_SCALES = (1.0, 0.55)
_SHARED = 0.2  # overlap from which it may be a face after all


@dataclass(frozen=True)
class Decoy:
    """A place of a picture."""

    taught: Taught
    box: Box


def decoys(finder: Detector, pictures: Iterable[Taught]) -> Iterator[Decoy]:
    """Every find of a low threshold that is neither a face nor counts neither way."""
    for taught in pictures:
        for scale in _SCALES:
            pixels = cv2.resize(taught.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            for find in finder.detect(np.asarray(pixels, np.uint8)):
                one = find.box
                box = Box(one.x_px / scale, one.y_px / scale, one.width_px / scale, one.height_px / scale)
                if not any(box.iou(known) >= _SHARED for known in (*taught.faces, *taught.unsure)):
                    yield Decoy(taught, box)
