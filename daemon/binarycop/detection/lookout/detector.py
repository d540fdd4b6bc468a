"""The finder ``lookout``, which ships with the project: trained on faces with and without masks, see MODEL.md."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.detection.letterbox import letterbox
from binarycop.detection.lookout.decode import decode, weighted_nms
from binarycop.detection.lookout.engine import Engine, make_engine
from binarycop.detection.lookout.network import MAX_STRIDE, MIN_CELLS, PROPOSAL, REFINEMENT
from binarycop.detection.lookout.refinement import RefinementStage
from binarycop.detection.lookout.weights import read_weights
from binarycop.geometry import Box
from binarycop.settings.faces import EngineKind

WEIGHTS = Path(__file__).with_name("weights.npz")
_LIKELY = 0.1  # the survey's confidence from which a place is looked at again
_MOST = 32  # places of a frame that are; the surest


class Lookout:
    """A survey of the frame, shrunk to ``longer_px``, and a second look at each place where it sees a face.

    threshold: least confidence of both together, 0 to 1. overlap: faces that share more than this are one.
    """

    name = "lookout"

    def __init__(
        self,
        survey: Engine,
        inspector: RefinementStage,
        *,
        longer_px: int = 320,
        threshold: float = 0.5,
        overlap: float = 0.3,
    ) -> None:
        self._survey, self._inspector, self._longer_px = survey, inspector, longer_px
        self._threshold, self._overlap = threshold, overlap

    @staticmethod
    def shipped(engine: EngineKind, *, longer_px: int, threshold: float) -> "Lookout":
        """With the weights that ship. Raises DetectorError."""
        survey, inspection = (make_engine(engine, one, read_weights(WEIGHTS, one)) for one in (PROPOSAL, REFINEMENT))
        return Lookout(survey, RefinementStage(inspection), longer_px=longer_px, threshold=threshold)

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Detector.detect``."""
        padded, scale = letterbox(pixels, self._longer_px, MAX_STRIDE, MIN_CELLS)
        likely = weighted_nms(decode(self._survey.run(padded), _LIKELY), self._overlap)[:_MOST]
        seen = self._inspector.refine(padded, likely)
        found = weighted_nms(seen[seen[:, 4] >= self._threshold], self._overlap)
        return [Face(Box(*(row[:4] / scale).tolist()), float(row[4])) for row in found]
