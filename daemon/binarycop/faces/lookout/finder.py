"""The finder ``lookout``, which ships with the project: trained on faces with and without masks, see MODEL.md."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.faces.box import Box, Face
from binarycop.faces.fit import fit
from binarycop.faces.lookout.decode import decode, merge
from binarycop.faces.lookout.engine import Engine
from binarycop.faces.lookout.network import COARSEST, LEAST_CELLS

WEIGHTS = Path(__file__).with_name("weights.npz")


class Lookout:
    """The network over frames shrunk to ``longer_px``.

    threshold: least confidence, 0 to 1. overlap: faces that share more than this are one.
    """

    name = "lookout"

    def __init__(self, engine: Engine, *, longer_px: int = 320, threshold: float = 0.5, overlap: float = 0.3) -> None:
        self._engine, self._longer_px = engine, longer_px
        self._threshold, self._overlap = threshold, overlap

    def find(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Finder.find``."""
        padded, scale = fit(pixels, self._longer_px, COARSEST, LEAST_CELLS)
        found = merge(decode(self._engine.run(padded), self._threshold), self._overlap)
        return [Face(Box(*(row[:4] / scale).tolist()), float(row[4])) for row in found]
