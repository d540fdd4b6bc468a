"""A camera that misbehaves at random: drawn people before it, and everything that a real one has ever done."""

from collections.abc import Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from binarycop.clock import Clock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame


class Mood(Enum):
    """What the camera does at the moment; gone: it cannot be opened or read. torn: its pictures do not decode."""

    WELL = "well"
    GONE = "gone"
    TORN = "torn"
    FROZEN = "frozen"
    BLACK = "black"
    GLARE = "glare"
    NOISE = "noise"


class MoodyCamera:
    """One camera over all its losses: ``open`` gives it as a live ``Source``.

    pictures: (N, H, W, 3) uint8 BGR, shown in turn. odds: how likely a frame is the first of a spell of bad mood, which
    then lasts for up to ``longest_s``.
    """

    name = "moody camera"
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
        self.mood = Mood.WELL

    def open(self) -> "MoodyCamera":
        """Raises SourceError while it is gone."""
        self._pass()
        if self.mood is Mood.GONE:
            raise SourceError(self.name, "is not there")
        return self

    def read(self) -> Frame:
        """See ``Source.read``."""
        self._pass()
        if self.mood is Mood.GONE:
            raise SourceError(self.name, "does not answer")
        if self.mood is Mood.TORN:
            raise UndecodableFrame(self.name, "half a picture")
        if self.mood is not Mood.FROZEN:
            self._at = (self._at + 1) % len(self._pictures)
        return Frame(self._seen(self._pictures[self._at]), self._clock.now_s(), 0)

    def close(self) -> None:
        """See ``Source.close``."""

    def _pass(self) -> None:
        now_s = self._clock.now_s()
        if now_s < self._until_s:
            return
        self.mood = Mood.WELL
        if self._rng.random() < self._odds:
            self.mood = list(Mood)[self._rng.integers(1, len(Mood))]
            self._until_s = now_s + self._rng.uniform(0, self._longest_s)

    def _seen(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self.mood is Mood.BLACK:
            return np.zeros_like(picture)
        if self.mood is Mood.GLARE:
            return np.full_like(picture, 255)
        if self.mood is Mood.NOISE:
            return self._rng.integers(0, 256, picture.shape, np.uint8)
        return picture
