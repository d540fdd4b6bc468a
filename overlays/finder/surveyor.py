"""The survey by itself, before there is an inspection: what it takes for faces is what both learn from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from binarycop.faces.box import Box, Face
from binarycop.faces.fit import fit
from binarycop.faces.lookout.decode import decode, merge
from binarycop.faces.lookout.engine import Engine
from binarycop.faces.lookout.network import COARSEST, LEAST_CELLS

_OVERLAP = 0.5  # places that share more are one; the daemon is stricter
_LONGEST_PX = 320


@dataclass(frozen=True)
class Surveyor:
    """threshold: least confidence of a place."""

    engine: Engine
    threshold: float
    name: str = "survey"

    def places(self, frame: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The places (N, 5) of a frame (H, W, 3) uint8 BGR at its own size, the surest first."""
        return self._places(frame, max(frame.shape))

    def find(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Finder.find``."""
        return [Face(Box(*row[:4].tolist()), float(row[4])) for row in self._places(pixels, _LONGEST_PX)]

    def _places(self, frame: NDArray[np.uint8], longer_px: int) -> NDArray[np.float64]:
        padded, scale = fit(frame, longer_px, COARSEST, LEAST_CELLS)
        found = merge(decode(self.engine.run(padded), self.threshold), _OVERLAP)
        found[:, :4] /= scale
        return found
