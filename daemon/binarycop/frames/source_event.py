"""What a source of frames reports besides its frames."""

from dataclasses import dataclass
from enum import Enum


class SourceEventKind(Enum):
    """What happened to a source."""

    LOST = "lost"  # no frames, or none any more; a live source is tried again, a recording is not
    BACK = "back"  # the first frame after LOST
    FROZEN = "frozen"  # only pictures that came before; its frames are withheld
    MOVING = "moving"  # the first new picture after FROZEN
    UNDECODABLE = "undecodable"  # one bad picture; the source continues
    TRUNCATED = "cut_short"  # a recording has stopped before its end
    ENDED = "ended"  # a recording has played to its end, and has given frames


@dataclass(frozen=True)
class SourceEvent:
    """One event of a source. detail: the reason in words. at_s: seconds on the grabber's clock."""

    kind: SourceEventKind
    detail: str
    at_s: float
