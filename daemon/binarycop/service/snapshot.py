"""The state of a lane at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass

from binarycop.classes import GateStatus, Outcome
from binarycop.gate.events import Cause
from binarycop.gate.state import Phase
from binarycop.journal.writers import Value
from binarycop.service.lane_journal import WrittenEntry


@dataclass(frozen=True)
class LaneSnapshot:
    """What a terminal shows of one lane.

    frame: the number of the newest frame. person: who is in front, if anybody. cause: why the permission is on, or None
    if it is off. outcome: how far the voting on that person has got. face_px: the last width of the face.
    """

    gate: str
    frame: int
    person: int | None
    status: GateStatus
    phase: Phase
    cause: Cause | None
    outcome: Outcome | None = None
    face_px: float | None = None

    @property
    def status_words(self) -> str:
        """The status for people. Undecided is two things: the gate is still looking, or it has given up."""
        is_open = self.outcome in (Outcome.STILL_LOOKING, Outcome.GAVE_UP)
        if self.status is GateStatus.UNDECIDED and self.outcome is not None and is_open:
            return self.outcome.words
        return self.status.value


@dataclass(frozen=True)
class LaneDetails:
    """Further details of a lane, for ``binarycop status``.

    evidence: of the person in front, as in the journal; None if there is nobody. verdict, decision: the newest ones.
    face_s: when a face was last seen, on the monotonic clock. levels: whether each wire is active, by its key; None: it
    cannot be read. seldom_s: the mean time between frames while they come too seldom for a verdict; None otherwise.
    """

    evidence: Mapping[str, Value] | None
    verdict: WrittenEntry | None
    decision: WrittenEntry | None
    face_s: float | None
    levels: Mapping[str, bool | None]
    seldom_s: float | None = None
