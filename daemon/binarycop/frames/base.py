"""A frame, and what every source of frames offers."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Frame:
    """One picture of one source.

    pixels: (H, W, 3) uint8 BGR, OpenCV's order (only the 32×32 crop is ever turned to RGB).
    captured_s: when it was captured: on the monotonic clock for a live source, on the recording's own
    clock, which starts at 0, otherwise. number: counts from 0, with gaps where frames were dropped.
    """

    pixels: NDArray[np.uint8]
    captured_s: float
    number: int


class Source(Protocol):
    """A camera, a recording or a drawing. Made open; one thread owns it."""

    @property
    def name(self) -> str:
        """What the settings call it, e.g. ``/dev/video0``."""

    @property
    def is_live(self) -> bool:
        """True where frames are lost if they are not read in time, and a lost source may come back."""

    def read(self) -> Frame | None:
        """The next frame, or None at a recording's end.

        Raises UndecodableFrame for one bad picture (the next read goes on behind it), SourceError where
        the source is lost or its recording is cut short.
        """

    def close(self) -> None:
        """Let go of the device or file; may be called twice."""
