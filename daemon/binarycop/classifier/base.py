"""The interface of every classifier backend."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import SIDE_PX


class Classifier(Protocol):
    """Runs one bundle's network. Not thread-safe: one thread owns it."""

    @property
    def name(self) -> str:
        """The backend's name in settings and reports, e.g. ``emulator``."""

    def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Classify a batch.

        crops: (N, 32, 32, 3) uint8 RGB. Returns (N, 4) int32 in the order of ``MaskClass``.
        Raises ValueError for any other array, BackendError if the accelerator fails or takes too long.
        """

    def close(self) -> None:
        """Free what the backend holds. May be called twice."""


def check_crops(crops: NDArray[np.uint8]) -> None:
    """Check a batch of crops. Raises ValueError if it is not (N, 32, 32, 3) uint8."""
    if crops.dtype != np.uint8 or crops.shape[1:] != (SIDE_PX, SIDE_PX, 3):
        raise ValueError(f"crops are {crops.dtype} {crops.shape}, not uint8 (N, {SIDE_PX}, {SIDE_PX}, 3)")
