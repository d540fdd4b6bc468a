"""A frame, and the interface of every source of frames."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from binarycop.frames.low_res import LowResFrame
from binarycop.pixels import Pixels


@dataclass(frozen=True)
class Frame:
    """One picture from one source.

    picture: (H, W, 3) uint8 BGR, as in OpenCV, or raw; only the 32×32 crop is converted to RGB. captured_s: the time of
    capture in seconds, of the monotonic clock for a live source, of the recording's own time from 0 otherwise. number:
    counts from 0. has_advanced: False if the camera's driver says that it is no later than the frame before. low_res:
    the low-resolution frame for motion and templates, if it was made right after the picture; None otherwise.
    """

    picture: Pixels
    captured_s: float
    number: int
    has_advanced: bool = True
    low_res: LowResFrame | None = field(default=None, compare=False, repr=False)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The whole picture as an array; a raw one is converted."""
        return np.asarray(self.picture, np.uint8)


class Source(Protocol):
    """A camera, a recording or the demo. The constructor opens it; one thread owns it."""

    @property
    def name(self) -> str:
        """Its name in the settings, e.g. ``/dev/video0``."""

    @property
    def is_live(self) -> bool:
        """True if frames that are not read in time are lost, and a lost source may come back."""

    @property
    def mode(self) -> str:
        """What it sends, in a few words: a camera's format, size and rate, and what was requested instead."""

    def read(self) -> Frame | None:
        """The next frame, or None at the end of a recording.

        Raises UndecodableFrame for one bad picture; the next read continues after it. Raises SourceError if the source
        is lost or the recording is truncated.
        """

    def drop_waiting(self) -> None:
        """Forget the pictures that a camera's driver holds already, so that the next one is captured from now on.

        A recording has none. Raises SourceError.
        """

    def close(self) -> None:
        """Close the device or file; may be called twice."""


class Recording(Source, Protocol):
    """A source that has an end."""

    @property
    def share_read(self) -> float:
        """How much of it has been read, from 0 to 1; 0 if its length is not stated."""
