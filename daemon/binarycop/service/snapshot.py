"""How a lane stands at one moment."""

from dataclasses import dataclass

from binarycop.classes import GateStatus
from binarycop.gate.events import Cause
from binarycop.gate.state import Phase


@dataclass(frozen=True)
class LaneSnapshot:
    """What a terminal shows of one lane.

    frame: the number of the newest frame. person: who is in front, if anybody. cause: why the permission is on, or
    None if it is off.
    """

    gate: str
    frame: int
    person: int | None
    status: GateStatus
    phase: Phase
    cause: Cause | None
