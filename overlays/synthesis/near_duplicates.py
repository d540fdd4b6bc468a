"""Recognition of copies of one photograph by a difference hash, at any size and compression."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.frames.image import read_picture

_MAX_BITS = 6  # of 64 in which two pictures of one photograph may differ


@dataclass(frozen=True)
class Duplicates:
    """The hashes of a set of pictures, (N, 64)."""

    hashes: NDArray[np.bool_]

    @staticmethod
    def of(paths: Iterable[Path]) -> "Duplicates":
        """Read the pictures and hash them. Raises UndecodableFrame if one cannot be read."""
        return Duplicates(np.array([_difference_hash(path) for path in paths]).reshape(-1, 64))

    def contain(self, path: Path) -> bool:
        """Whether the set has a copy of this picture."""
        return bool(((self.hashes != _difference_hash(path)).sum(axis=1) <= _MAX_BITS).any())


def _difference_hash(path: Path) -> NDArray[np.bool_]:
    """For 8×9 cells of the picture: which is brighter than its left neighbour, (64,)."""
    grey = cv2.cvtColor(read_picture(path), cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.asarray((small[:, 1:] > small[:, :-1]).ravel())
