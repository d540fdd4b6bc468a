"""The second stage of ``lookout``: looks at each proposal again, always at one size.

The region is twice as large as the face, so that hair, shoulders and hands are visible. Both stages have a say in the
confidence, since they err in different places; the proposal's counts twice (MODEL.md).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.crop import cut_square
from binarycop.detection.lookout.engine import Engine
from binarycop.detection.lookout.network import ROI_PX

_CONTEXT = 2.0  # side of the region, in longer sides of the face
_MAX_SIDE_PX = 1024  # keeps memory small even if a proposal is enormous
_LOG_SIZE_MAX = 1.5  # a size is corrected by a factor of 4.5 at most
_PROPOSAL_WEIGHT = 2.0  # of its confidence; the refinement's has 1
_CONFIDENCE_MIN = 0.001  # a proposal's confidence is clipped to [0.001, 0.999]
_LOGIT_MAX = 100.0  # the network's confidence before its sigmoid is clipped to [-100, 100]

FourNumbers = tuple[float, float, float, float]


@dataclass(frozen=True)
class Roi:
    """A square region of interest in a frame, in whole pixels. It may extend beyond the frame's edge.

    Its methods use plain numbers, since on the board numpy takes ten times as long for four of them.
    """

    left: int
    top: int
    side: int

    @staticmethod
    def around(box: Sequence[float]) -> "Roi":
        """The region around a face: x, y, width, height in pixels."""
        x, y, width, height = box
        wanted = min(max(max(width, height) * _CONTEXT, 2.0), _MAX_SIDE_PX)
        factor = _reduction(wanted)
        side = round(wanted / factor) * factor
        return Roi(round(x + width / 2 - side / 2), round(y + height / 2 - side / 2), side)

    def cut(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The network's input, (48, 48, 3) uint8, from a frame (H, W, 3) uint8. Black outside the frame."""
        square = cut_square(pixels, self.left, self.top, self.side, border=cv2.BORDER_CONSTANT)
        # First a mean of whole pixels: on armv7l, means of fractions of pixels take three times as long.
        factor = _reduction(self.side)
        if factor > 1:
            square = cv2.resize(square, (self.side // factor, self.side // factor), interpolation=cv2.INTER_AREA)
        # The only linear interpolation of OpenCV that is documented to be bit-exact.
        return np.asarray(cv2.resize(square, (ROI_PX, ROI_PX), interpolation=cv2.INTER_LINEAR_EXACT), np.uint8)

    def encode(self, box: Sequence[float]) -> FourNumbers:
        """Encode a box (x, y, width, height in pixels) as the network's targets: dx, dy, log w, log h.

        dx, dy: offset of the box's centre from the region's. The unit is the side of the face that the region is for.
        """
        x, y, width, height = box
        reference, half = self.side / _CONTEXT, self.side / 2
        return (
            (x + width / 2 - self.left - half) / reference,
            (y + height / 2 - self.top - half) / reference,
            math.log(max(width, 1e-3) / reference),
            math.log(max(height, 1e-3) / reference),
        )

    def decode(self, targets: Sequence[float]) -> FourNumbers:
        """The box for the network's outputs dx, dy, log w, log h; the reverse of ``encode``."""
        reference, half = self.side / _CONTEXT, self.side / 2
        dx, dy, *log_sizes = targets
        width, height = (math.exp(min(max(size, -_LOG_SIZE_MAX), _LOG_SIZE_MAX)) * reference for size in log_sizes)
        x, y = dx * reference + self.left + half, dy * reference + self.top + half
        return x - width / 2, y - height / 2, width, height


class RefinementStage:
    """Runs the network ``REFINEMENT`` on each proposal of a frame."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def refine(self, pixels: NDArray[np.uint8], proposals: NDArray[np.float64]) -> NDArray[np.float64]:
        """The proposals with corrected boxes and confidences.

        pixels: (H, W, 3) uint8 BGR. proposals: (N, 5): x, y, width and height in pixels, and confidence.
        Returns (N, 5), likewise. Raises DetectorError.
        """
        refined = []
        for *box, confidence in proposals.tolist():
            roi = Roi.around(box)
            logit, *targets = self._engine.run(roi.cut(pixels))[0].ravel().tolist()
            refined.append((*roi.decode(targets), _combined(logit, confidence)))
        return np.array(refined, np.float64).reshape(-1, 5)


def _reduction(side: float) -> int:
    """The power of two that reduces a square of ``side`` pixels to less than twice the network's input."""
    return 1 << (max(int(side / ROI_PX), 1).bit_length() - 1)


def _combined(logit: float, confidence: float) -> float:
    """The confidence of both stages together: the weighted mean of their logits, then the sigmoid."""
    clipped = min(max(confidence, _CONFIDENCE_MIN), 1 - _CONFIDENCE_MIN)
    first, second = math.log(clipped / (1 - clipped)), min(max(logit, -_LOGIT_MAX), _LOGIT_MAX)
    mean = (_PROPOSAL_WEIGHT * first + second) / (_PROPOSAL_WEIGHT + 1)
    return 1 / (1 + math.exp(-mean))
