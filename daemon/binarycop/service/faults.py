"""The faults of one lane: what has failed, and why no verdict can be trusted while it has."""

from enum import Enum

from binarycop.journal.events import Event


class FaultReason(Enum):
    """Why a lane has a fault; the value is the text in the journal."""

    NO_FRAMES = "no frames"
    NO_SCORES = "no scores"
    NO_DETECTION = "no answer from the detector"
    NO_ANSWER = "a frame is not processed in time"
    OUTPUT = "an output does not follow"


class FaultSet:
    """The faults that a lane has now. It is true if there is any."""

    def __init__(self) -> None:
        self._reasons: set[FaultReason] = set()

    def __bool__(self) -> bool:
        return bool(self._reasons)

    @property
    def texts(self) -> tuple[str, ...]:
        """The reasons in words, in alphabetical order."""
        return tuple(sorted(reason.value for reason in self._reasons))

    def update(self, reason: FaultReason, *, active: bool) -> Event | None:
        """Begin or end a fault. Returns the event for the journal, or None if nothing changes."""
        if active == (reason in self._reasons):
            return None
        if active:
            self._reasons.add(reason)
            return Event.FAULT
        self._reasons.remove(reason)
        return Event.FAULT_OVER
