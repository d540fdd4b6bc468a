"""A camera that shows drawn people and fails at random, in every way in which a real camera fails."""

from collections.abc import Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from binarycop.clock import Clock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame


class CameraState(Enum):
    """What the camera does now. gone: it cannot be opened or read. truncated: its pictures cannot be decoded."""

    GOOD = "good"
    GONE = "gone"
    TRUNCATED = "truncated"
    FROZEN = "frozen"
    BLACK = "black"
    OVEREXPOSED = "overexposed"
    NOISE = "noise"


class UnreliableCamera:
    """One camera over all its losses: ``open`` returns it as a live ``Source``.

    pictures: (N, H, W, 3) uint8 BGR, shown in turn. odds: the probability that a fault begins with a frame. It lasts
    ``longest_s`` at most.
    """

    name = "unreliable camera"
    is_live = True

    def __init__(
        self,
        pictures: Sequence[NDArray[np.uint8]],
        clock: Clock,
        rng: np.random.Generator,
        odds: float,
        longest_s: float,
    ) -> None:
        self._pictures, self._clock, self._rng = pictures, clock, rng
        self._odds, self._longest_s = odds, longest_s
        self._at, self._until_s = 0, 0.0
        self.state = CameraState.GOOD

    def open(self) -> "UnreliableCamera":
        """Open the camera. Raises SourceError while it is gone."""
        self._update_state()
        if self.state is CameraState.GONE:
            raise SourceError(self.name, "does not exist")
        return self

    def read(self) -> Frame:
        """See ``Source.read``."""
        self._update_state()
        if self.state is CameraState.GONE:
            raise SourceError(self.name, "does not answer")
        if self.state is CameraState.TRUNCATED:
            raise UndecodableFrame(self.name, "half a picture")
        if self.state is not CameraState.FROZEN:
            self._at = (self._at + 1) % len(self._pictures)
        return Frame(self._with_fault(self._pictures[self._at]), self._clock.now_s(), 0)

    def close(self) -> None:
        """See ``Source.close``."""

    def _update_state(self) -> None:
        now_s = self._clock.now_s()
        if now_s < self._until_s:
            return
        self.state = CameraState.GOOD
        if self._rng.random() < self._odds:
            self.state = list(CameraState)[self._rng.integers(1, len(CameraState))]
            self._until_s = now_s + self._rng.uniform(0, self._longest_s)

    def _with_fault(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self.state is CameraState.BLACK:
            return np.zeros_like(picture)
        if self.state is CameraState.OVEREXPOSED:
            return np.full_like(picture, 255)
        if self.state is CameraState.NOISE:
            return self._rng.integers(0, 256, picture.shape, np.uint8)
        return picture
