"""A second look at each place where the survey sees a face, always at the same size.

The square that is cut is twice the face, so that hair, shoulders and hands are seen as well. Both looks count alike,
since they err in different places: the survey has too little depth, the second look learnt too well what it was taught.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.lookout.engine import Engine
from binarycop.detection.lookout.network import ROI_PX

_AROUND = 2.0  # the square's side, in longer sides of the face
_DOUBT = 0.001  # nobody is surer than that, either way
_LARGEST_PX = 1024  # of a square's side: a survey's nonsense must not take much memory
_GROWTH_MOST = 1.5  # logarithm; the survey is never further off
_WILD = 100.0  # before its sigmoid, no confidence is further from zero

Four = tuple[float, float, float, float]


@dataclass(frozen=True)
class Roi:
    """A square of a frame, in whole pixels; it may reach over the frame's edge.

    Computed in plain numbers: on the board numpy takes ten times as long over four of them.
    """

    left: int
    top: int
    side: int

    @staticmethod
    def around(box: Sequence[float]) -> "Roi":
        """The square of a face: x, y, width, height."""
        x, y, width, height = box
        wanted = min(max(max(width, height) * _AROUND, 2.0), _LARGEST_PX)
        step = _step(wanted)
        side = round(wanted / step) * step
        return Roi(round(x + width / 2 - side / 2), round(y + height / 2 - side / 2), side)

    def cut(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What is there in a frame (H, W, 3) uint8, black beyond its edge: (48, 48, 3)."""
        height, width = frame.shape[:2]
        left, top = min(max(self.left, 1 - self.side), width - 1), min(max(self.top, 1 - self.side), height - 1)
        square = frame[max(top, 0) : top + self.side, max(left, 0) : left + self.side]
        above, before = max(-top, 0), max(-left, 0)
        below, behind = self.side - above - square.shape[0], self.side - before - square.shape[1]
        if above or before or below or behind:
            square = cv2.copyMakeBorder(square, above, below, before, behind, cv2.BORDER_CONSTANT)
        # Averaged over whole pixels first: on armv7l, averages over shares of pixels take three times as long.
        step = _step(self.side)
        if step > 1:
            square = cv2.resize(square, (self.side // step, self.side // step), interpolation=cv2.INTER_AREA)
        # Of OpenCV's linear ways, only this one is to give the same bytes everywhere.
        return np.asarray(cv2.resize(square, (ROI_PX, ROI_PX), interpolation=cv2.INTER_LINEAR_EXACT), np.uint8)

    def encode(self, box: Sequence[float]) -> Four:
        """A face in the network's words: offset of its centre from the square's, in sides of the face that the square
        was cut for, and the logarithms of its sides as shares of that.
        """
        x, y, width, height = box
        usual, half = self.side / _AROUND, self.side / 2
        return (
            (x + width / 2 - self.left - half) / usual,
            (y + height / 2 - self.top - half) / usual,
            math.log(max(width, 1e-3) / usual),
            math.log(max(height, 1e-3) / usual),
        )

    def decode(self, said: Sequence[float]) -> Four:
        """The face of the network's words: x, y, width, height."""
        usual, half = self.side / _AROUND, self.side / 2
        width, height = (math.exp(min(max(one, -_GROWTH_MOST), _GROWTH_MOST)) * usual for one in said[2:])
        x, y = said[0] * usual + self.left + half, said[1] * usual + self.top + half
        return x - width / 2, y - height / 2, width, height


class RefinementStage:
    """Judges places by the network ``REFINEMENT``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def refine(self, frame: NDArray[np.uint8], likely: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where exactly, and how sure: (N, 5) as ``likely``, the survey's x, y, width, height and confidence.

        frame: (H, W, 3) uint8 BGR. Raises DetectorError.
        """
        seen = []
        for *box, confidence in likely.tolist():
            place = Roi.around(box)
            said, *where = self._engine.run(place.cut(frame))[0].ravel().tolist()
            seen.append((*place.decode(where), _both(said, confidence)))
        return np.array(seen, np.float64).reshape(-1, 5)


def _step(side: float) -> int:
    """The power of two by which a square is divided first, so that less than twice what the network sees is left."""
    return 1 << (max(int(side / ROI_PX), 1).bit_length() - 1)


def _both(said: float, confidence: float) -> float:
    """The mean of two confidences, before their sigmoids; the first is given so."""
    surely = min(max(confidence, _DOUBT), 1 - _DOUBT)
    mean = (min(max(said, -_WILD), _WILD) + math.log(surely / (1 - surely))) / 2
    return 1 / (1 + math.exp(-mean))
