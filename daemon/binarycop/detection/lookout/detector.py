"""The detector ``lookout``, which ships with the project. It is trained on faces with and without masks (MODEL.md)."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.detection.letterbox import fit_by_opencv, letterbox
from binarycop.detection.lookout.decode import decode, weighted_nms
from binarycop.detection.lookout.engine import Engine, make_engine
from binarycop.detection.lookout.network import MAX_STRIDE, MIN_CELLS, PROPOSAL, REFINEMENT, ROI_PX
from binarycop.detection.lookout.refinement import RefinementStage
from binarycop.detection.lookout.weights import read_weights
from binarycop.geometry import Box
from binarycop.pixels import Fit
from binarycop.settings.faces import EngineKind

WEIGHTS = Path(__file__).with_name("weights.npz")
_PROPOSAL_MIN_CONFIDENCE = 0.1
_MAX_ROIS = 32  # proposals of one frame that are refined, the most confident ones
_NMS_IOU = 0.3  # boxes that overlap by more than this are one face
# The least face of a coarse search, in the frame as it is shrunk for that: the refinement network's region, twice the
# face, has then all the pixels that the network takes.
_COARSE_FACE_PX = ROI_PX / 2


class Lookout:
    """The proposal network on the shrunk frame, then the refinement network on each proposal.

    longer_px: a larger frame is shrunk to this longer side. threshold: smallest confidence of both networks together
    that counts, 0 to 1. fit: see ``letterbox``.
    """

    name = "lookout"

    def __init__(
        self,
        proposal: Engine,
        refinement: RefinementStage,
        *,
        longer_px: int,
        threshold: float,
        fit: Fit = fit_by_opencv,
    ) -> None:
        self._proposal, self._refinement, self._fit = proposal, refinement, fit
        self._longer_px, self._threshold = longer_px, threshold

    @staticmethod
    def load(engine: EngineKind, *, longer_px: int, threshold: float, fit: Fit = fit_by_opencv) -> "Lookout":
        """With the weights that ship. Raises DetectorError."""
        proposal, refinement = (
            make_engine(engine, network, read_weights(WEIGHTS, network)) for network in (PROPOSAL, REFINEMENT)
        )
        return Lookout(proposal, RefinementStage(refinement), longer_px=longer_px, threshold=threshold, fit=fit)

    @property
    def engine(self) -> str:
        """Which library runs the networks."""
        return self._proposal.name

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Detector.detect``."""
        return self._search(pixels, self._longer_px)

    def detect_large(self, pixels: NDArray[np.uint8], least_px: float) -> list[Face]:
        """See ``CoarseDetector``: it searches at half of the size, in two fifths of the time, if that is enough."""
        longer_px = max(pixels.shape[:2])
        coarse_px = min(self._longer_px, longer_px) // 2
        is_enough = least_px * coarse_px >= _COARSE_FACE_PX * longer_px
        return self._search(pixels, coarse_px if is_enough else self._longer_px)

    def _search(self, pixels: NDArray[np.uint8], longer_px: int) -> list[Face]:
        padded, scale = letterbox(pixels, longer_px, MAX_STRIDE, MIN_CELLS, self._fit)
        proposals = weighted_nms(decode(self._proposal.run(padded), _PROPOSAL_MIN_CONFIDENCE), _NMS_IOU)[:_MAX_ROIS]
        refined = self._refinement.refine(padded, proposals)
        faces = weighted_nms(refined[refined[:, 4] >= self._threshold], _NMS_IOU)
        return [Face(Box(*(row[:4] / scale).tolist()), float(row[4])) for row in faces]
