"""What every classifier backend offers, and the choice among them."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Classifier(Protocol):
    """Runs one bundle's network. Not thread-safe: one thread owns it."""

    @property
    def name(self) -> str:
        """The backend's name in settings and reports, e.g. ``emulator``."""

    def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Classify a batch.

        crops: (N, 32, 32, 3) uint8 RGB. Returns (N, 4) int32 in the order of ``MaskClass``.
        Raises BackendError where the accelerator fails or takes too long.
        """

    def close(self) -> None:
        """Give back what the backend holds; may be called twice."""
