"""The proposal network as a detector of its own: training looks for its false detections and for regions to refine."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.detection.letterbox import letterbox
from binarycop.detection.lookout.decode import decode, weighted_nms
from binarycop.detection.lookout.engine import Engine
from binarycop.detection.lookout.network import MAX_STRIDE, MIN_CELLS
from binarycop.geometry import Box

_NMS_IOU = 0.5  # the daemon uses a stricter one
_LONGER_PX = 320


@dataclass(frozen=True)
class ProposalDetector:
    """threshold: smallest confidence of a proposal."""

    engine: Engine
    threshold: float
    name: str = "proposal"

    def proposals(self, frame: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Proposals (N, 5), best first, in a frame (H, W, 3) uint8 BGR at its own size.

        Columns: x, y, width, height in pixels, confidence.
        """
        return self._propose(frame, max(frame.shape))

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Detector.detect``."""
        return [Face(Box(*row[:4].tolist()), float(row[4])) for row in self._propose(pixels, _LONGER_PX)]

    def _propose(self, frame: NDArray[np.uint8], longer_px: int) -> NDArray[np.float64]:
        padded, scale = letterbox(frame, longer_px, MAX_STRIDE, MIN_CELLS)
        found = weighted_nms(decode(self.engine.run(padded), self.threshold), _NMS_IOU)
        found[:, :4] /= scale
        return found
