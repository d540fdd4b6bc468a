"""What every face finder offers."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import Box


@dataclass(frozen=True)
class Face:
    """A found face: its box and the finder's confidence, 0 to 1."""

    box: Box
    confidence: float


class Detector(Protocol):
    """Finds faces in a frame. Not thread-safe: one thread owns it."""

    @property
    def name(self) -> str:
        """The finder's name in settings and reports, e.g. ``yunet``."""

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """All faces of a frame, (H, W, 3) uint8 BGR, in no particular order.

        Raises DetectorError where the finder itself fails; nobody there is an empty list.
        """


def largest_face(faces: list[Face], least_px: int) -> Face | None:
    """The face that decides: the largest, since it is nearest to the gate; None where all are below ``least_px``."""
    large = [face for face in faces if min(face.box.width_px, face.box.height_px) >= least_px]
    return max(large, key=lambda face: face.box.area_px, default=None)
