"""OpenCV's Haar cascade as a detector, for comparison only. It misses most masked faces, and OpenCV 5 has none."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.errors import DetectorError
from binarycop.geometry import Box

_FILE = "haarcascade_frontalface_default.xml"
_SCALE_FACTOR, _MIN_NEIGHBORS, _MIN_SIZE_PX = 1.1, 3, 20


class Haar:
    """The cascade of Viola and Jones (2001). Raises DetectorError if this OpenCV has no cascades."""

    name = "haar"

    def __init__(self) -> None:
        file = Path(getattr(getattr(cv2, "data", None), "haarcascades", "")) / _FILE
        if not hasattr(cv2, "CascadeClassifier") or not file.is_file():
            raise DetectorError(f"detector haar: OpenCV {cv2.__version__} has no {_FILE}")
        self._cascade = cv2.CascadeClassifier(str(file))

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Detector.detect``. A cascade gives no confidence, so each face has 1."""
        grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        boxes = self._cascade.detectMultiScale(
            grey, _SCALE_FACTOR, _MIN_NEIGHBORS, minSize=(_MIN_SIZE_PX, _MIN_SIZE_PX)
        )
        return [Face(Box(*(float(number) for number in box)), 1.0) for box in boxes]
