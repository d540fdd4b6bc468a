"""What every face detector offers, and which face decides in a single picture."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import Box


@dataclass(frozen=True)
class Face:
    """One detection: the face's box, and the detector's confidence from 0 to 1."""

    box: Box
    confidence: float


class Detector(Protocol):
    """Finds the faces in a frame. Not thread-safe: one thread owns it."""

    @property
    def name(self) -> str:
        """The detector's name in settings and reports, e.g. ``yunet``."""

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """All faces of a frame, (H, W, 3) uint8 BGR, in any order. Empty if there is no face.

        Raises DetectorError if the detector itself fails.
        """


@runtime_checkable
class CoarseDetector(Detector, Protocol):
    """A detector that is faster if it need not find small faces."""

    def detect_large(self, pixels: NDArray[np.uint8], least_px: float) -> list[Face]:
        """As ``detect``, but faces whose shorter side is below ``least_px`` pixels of the frame may be missing."""


SMALLEST_FACE_PX = 16
"""The smallest face that counts in single pictures, by its shorter side in pixels; lookout is not made for less.

At a gate ``faces.least_px`` applies instead: it says how near somebody must be, which a single picture does not tell.
"""


def largest_face(faces: list[Face], least_px: int) -> Face | None:
    """The face that decides: the largest one, since that person is nearest to the gate.

    least_px: faces with a shorter side below this do not count. None if no face counts.
    """
    large = [face for face in faces if face.box.shorter_px >= least_px]
    return max(large, key=lambda face: face.box.area_px, default=None)
