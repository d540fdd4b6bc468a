"""The finder ``lookout``, which ships with the project: trained on faces with and without masks, see MODEL.md."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.faces.box import Box, Face
from binarycop.faces.fit import fit
from binarycop.faces.lookout.decode import decode, merge
from binarycop.faces.lookout.engine import Engine, make_engine
from binarycop.faces.lookout.inspector import Inspector
from binarycop.faces.lookout.network import COARSEST, INSPECTION, LEAST_CELLS, SURVEY
from binarycop.faces.lookout.weights import read_weights
from binarycop.settings.schema import EngineKind

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
        inspector: Inspector,
        *,
        longer_px: int = 320,
        threshold: float = 0.5,
        overlap: float = 0.3,
    ) -> None:
        self._survey, self._inspector, self._longer_px = survey, inspector, longer_px
        self._threshold, self._overlap = threshold, overlap

    @staticmethod
    def shipped(engine: EngineKind, *, longer_px: int, threshold: float) -> "Lookout":
        """With the weights that ship. Raises FinderError."""
        survey, inspection = (make_engine(engine, one, read_weights(WEIGHTS, one)) for one in (SURVEY, INSPECTION))
        return Lookout(survey, Inspector(inspection), longer_px=longer_px, threshold=threshold)

    def find(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Finder.find``."""
        padded, scale = fit(pixels, self._longer_px, COARSEST, LEAST_CELLS)
        likely = merge(decode(self._survey.run(padded), _LIKELY), self._overlap)[:_MOST]
        seen = self._inspector.look(padded, likely)
        found = merge(seen[seen[:, 4] >= self._threshold], self._overlap)
        return [Face(Box(*(row[:4] / scale).tolist()), float(row[4])) for row in found]
