"""A second look at each place where the survey sees a face, always at the same size.

The square that is cut is twice the face, so that hair, shoulders and hands are seen as well. Both looks count alike,
since they err in different places: the survey has too little depth, the second look learnt too well what it was taught.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.faces.lookout.engine import Engine
from binarycop.faces.lookout.network import PLACE_PX

_AROUND = 2.0  # the square's side, in longer sides of the face
_DOUBT = 0.001  # nobody is surer than that, either way
_LARGEST_PX = 1024  # of a square's side: a survey's nonsense must not take much memory
_GROWTH_MOST = 1.5  # logarithm; the survey is never further off


@dataclass(frozen=True)
class Place:
    """A square of a frame, in whole pixels; it may reach over the frame's edge."""

    left: int
    top: int
    side: int

    @staticmethod
    def around(box: NDArray[np.float64]) -> "Place":
        """The square of a face (4,): x, y, width, height."""
        side = min(max(round(float(max(box[2], box[3])) * _AROUND), 2), _LARGEST_PX)
        return Place(round(float(box[0] + box[2] / 2 - side / 2)), round(float(box[1] + box[3] / 2 - side / 2)), side)

    def cut(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What is there in a frame (H, W, 3) uint8, black beyond its edge: (48, 48, 3)."""
        height, width = frame.shape[:2]
        left, top = min(max(self.left, 1 - self.side), width - 1), min(max(self.top, 1 - self.side), height - 1)
        square = frame[max(top, 0) : top + self.side, max(left, 0) : left + self.side]
        above, before = max(-top, 0), max(-left, 0)
        below, behind = self.side - above - square.shape[0], self.side - before - square.shape[1]
        if above or before or below or behind:
            square = cv2.copyMakeBorder(square, above, below, before, behind, cv2.BORDER_CONSTANT)
        # Of OpenCV's ways to enlarge, only this one gives the same bytes everywhere.
        how = cv2.INTER_AREA if self.side > PLACE_PX else cv2.INTER_LINEAR_EXACT
        return np.asarray(cv2.resize(square, (PLACE_PX, PLACE_PX), interpolation=how), np.uint8)

    def said(self, box: NDArray[np.float64]) -> NDArray[np.float64]:
        """A face (4,) in the network's words, (4,): offset of its centre from the square's, in sides of the face that
        the square was cut for, and the logarithms of its sides as shares of that.
        """
        usual = self.side / _AROUND
        centre = box[:2] + box[2:4] / 2 - (self.left + self.side / 2, self.top + self.side / 2)
        return np.concatenate([centre / usual, np.log(np.maximum(box[2:4], 1e-3) / usual)])

    def box(self, said: NDArray[np.float64]) -> NDArray[np.float64]:
        """The face (4,) of the network's words (4,)."""
        usual = self.side / _AROUND
        sides = np.exp(np.clip(said[2:], -_GROWTH_MOST, _GROWTH_MOST)) * usual
        centre = said[:2] * usual + (self.left + self.side / 2, self.top + self.side / 2)
        return np.concatenate([centre - sides / 2, sides])


class Inspector:
    """Judges places by the network ``INSPECTION``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def look(self, frame: NDArray[np.uint8], likely: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where exactly, and how sure: (N, 5) as ``likely``, the survey's x, y, width, height and confidence.

        frame: (H, W, 3) uint8 BGR. Raises FinderError.
        """
        seen = np.empty_like(likely)
        for row, said in zip(likely, seen):
            place = Place.around(row)
            values = self._engine.run(place.cut(frame))[0].ravel().astype(np.float64)
            said[:4], said[4] = place.box(values[1:]), _both(values[0], row[4])
        return seen


def _both(said: float, confidence: float) -> float:
    """The mean of two confidences, before their sigmoids; the first is given so."""
    surely = min(max(confidence, _DOUBT), 1 - _DOUBT)
    return float(1 / (1 + np.exp(-(said + np.log(surely / (1 - surely))) / 2)))
