"""The survey by itself, before there is an inspection: what it takes for faces is what both learn from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.detection.letterbox import letterbox
from binarycop.detection.lookout.decode import decode, weighted_nms
from binarycop.detection.lookout.engine import Engine
from binarycop.detection.lookout.network import MAX_STRIDE, MIN_CELLS
from binarycop.geometry import Box

_OVERLAP = 0.5  # places that share more are one; the daemon is stricter
_LONGEST_PX = 320


@dataclass(frozen=True)
class ProposalDetector:
    """threshold: least confidence of a place."""

    engine: Engine
    threshold: float
    name: str = "survey"

    def proposals(self, frame: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The places (N, 5) of a frame (H, W, 3) uint8 BGR at its own size, the surest first."""
        return self._propose(frame, max(frame.shape))

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Detector.detect``."""
        return [Face(Box(*row[:4].tolist()), float(row[4])) for row in self._propose(pixels, _LONGEST_PX)]

    def _propose(self, frame: NDArray[np.uint8], longer_px: int) -> NDArray[np.float64]:
        padded, scale = letterbox(frame, longer_px, MAX_STRIDE, MIN_CELLS)
        found = weighted_nms(decode(self.engine.run(padded), self.threshold), _OVERLAP)
        found[:, :4] /= scale
        return found
