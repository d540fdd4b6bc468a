"""How a lane stands at one moment."""

from dataclasses import dataclass

from binarycop.classes import GateStatus, Outcome
from binarycop.gate.events import Cause
from binarycop.gate.state import Phase


@dataclass(frozen=True)
class LaneSnapshot:
    """What a terminal shows of one lane.

    frame: the number of the newest frame. person: who is in front, if anybody. cause: why the permission is on, or
    None if it is off. outcome: how far the votes on that person have got.
    """

    gate: str
    frame: int
    person: int | None
    status: GateStatus
    phase: Phase
    cause: Cause | None
    outcome: Outcome | None = None

    @property
    def status_words(self) -> str:
        """The status for people. Undecided is two things: the gate is still looking, or it has given up."""
        is_open = self.outcome in (Outcome.STILL_LOOKING, Outcome.GAVE_UP)
        if self.status is GateStatus.UNDECIDED and self.outcome is not None and is_open:
            return self.outcome.words
        return self.status.value
