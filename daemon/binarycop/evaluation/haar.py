"""OpenCV's Haar cascade as a finder, to compare with: it hardly sees masked faces, and OpenCV 5 ships none."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.errors import DetectorError
from binarycop.geometry import Box

_FILE = "haarcascade_frontalface_default.xml"


class Haar:
    """Viola and Jones (2001). Raises DetectorError where this OpenCV has no cascades."""

    name = "haar"

    def __init__(self, least_px: int = 20) -> None:
        file = Path(getattr(getattr(cv2, "data", None), "haarcascades", "")) / _FILE
        if not hasattr(cv2, "CascadeClassifier") or not file.is_file():
            raise DetectorError(f"finder haar: OpenCV {cv2.__version__} has no {_FILE}")
        self._cascade = cv2.CascadeClassifier(str(file))
        self._least_px = least_px

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Detector.detect``; a cascade gives no confidence, so all are certain."""
        grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        found = self._cascade.detectMultiScale(grey, 1.1, 3, minSize=(self._least_px, self._least_px))
        return [Face(Box(*(float(one) for one in box)), 1.0) for box in found]
