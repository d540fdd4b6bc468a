"""What a source of frames has to say besides its frames."""

from dataclasses import dataclass
from enum import Enum


class SourceEventKind(Enum):
    """What happened to a source; the value is its name in the journal."""

    LOST = "lost"  # gives no frames; a live source is tried again
    BACK = "back"  # the first frame after LOST
    FROZEN = "frozen"  # the same picture again and again: its frames are withheld
    MOVING = "moving"  # the first other picture after FROZEN
    UNDECODABLE = "undecodable"  # one picture was bad; the next ones follow
    TRUNCATED = "cut_short"  # a recording stopped before its end
    ENDED = "ended"  # a recording's end


@dataclass(frozen=True)
class SourceEvent:
    """One such event: ``detail`` for a person to read, ``at_s`` on the grabber's clock."""

    kind: SourceEventKind
    detail: str
    at_s: float
