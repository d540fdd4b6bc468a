"""What the gate's state machine reports: its events, and the causes of a permission."""

from dataclasses import dataclass
from enum import Enum

from binarycop.classes import GateStatus


class Cause(Enum):
    """Why the permission is on. There is no other reason."""

    VERDICT = "verdict"
    REMINDED = "reminded"
    POLICY_OFF = "policy_off"
    OVERRIDE = "override"
    FIRE = "fire"
    FAULT_OPEN = "fault_open"


class GateEventKind(Enum):
    """What happened at the gate, for the journal."""

    PERMIT = "permit"
    REFUSE = "refuse"
    REMIND = "remind"
    PASSED = "passed"
    NOT_PASSED = "not_passed"
    TAILGATE = "tailgate"
    FORCED = "forced"
    WITHDRAWN = "withdrawn"
    LIMIT_REACHED = "limit_reached"
    OVERRIDE_REFUSED = "override_refused"


@dataclass(frozen=True)
class GateEvent:
    """One event.

    person, status: whom it concerns, and that person's verdict. cause: why the permission is or was on. inferred: the
    passage was concluded from the person's walking out of view, as no line reported it. reason: why an override was
    refused or a permission withdrawn, in words.
    """

    kind: GateEventKind
    person: int | None
    status: GateStatus
    cause: Cause | None = None
    inferred: bool = False
    reason: str = ""
