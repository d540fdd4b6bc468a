"""A camera that shows drawn people and fails at random, in every way in which a real camera fails."""

from collections import deque
from collections.abc import Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from binarycop.clock import Clock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame

_RING = 4


class CameraState(Enum):
    """What the camera does now.

    gone: it cannot be opened or read. repeating: it gives its last four pictures in turn. truncated: its pictures
    cannot be decoded.
    """

    GOOD = "good"
    GONE = "gone"
    TRUNCATED = "truncated"
    FROZEN = "frozen"
    REPEATING = "repeating"
    BLACK = "black"
    OVEREXPOSED = "overexposed"
    NOISE = "noise"


class UnreliableCamera:
    """One camera over all its losses: ``open`` returns it as a live ``Source``.

    pictures: (N, H, W, 3) uint8 BGR, shown in turn; one pixel counts them, since a sensor never gives the same
    picture twice. odds: the probability that a fault begins with a frame. It lasts ``longest_s`` at most.
    """

    name = "unreliable camera"
    is_live = True
    mode = "drawn"

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
        self._count, self._until_s = 0, 0.0
        self._recent: deque[NDArray[np.uint8]] = deque(maxlen=_RING)
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
        if self.state is CameraState.FROZEN and self._recent:
            picture = self._recent[-1]
        elif self.state is CameraState.REPEATING and self._recent:
            picture = self._recent.popleft()
        else:
            self._count += 1
            picture = self._with_fault(self._pictures[self._count % len(self._pictures)].copy())
        self._recent.append(picture)
        return Frame(picture, self._clock.now_s(), 0)

    def drop_waiting(self) -> None:
        """See ``Source.drop_waiting``."""

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
        # The value of one pixel in three bytes.
        picture[0, 0] = self._count & 255, self._count >> 8 & 255, self._count >> 16
        return picture
