"""What comes into the gate's state machine, and what it says has happened."""

from dataclasses import dataclass
from enum import Enum

from binarycop.classes import GateStatus


@dataclass(frozen=True)
class PersonArrived:
    """A person is in front of the gate (again at each frame, or just once)."""

    person: int


@dataclass(frozen=True)
class PersonLeft:
    """The person in front has gone."""


@dataclass(frozen=True)
class VerdictReached:
    """The person in front has this verdict, whose newest vote is from ``at_s``."""

    status: GateStatus
    at_s: float


@dataclass(frozen=True)
class PassageReported:
    """The lane reports a passage."""


@dataclass(frozen=True)
class ReadyChanged:
    """The lane can, or cannot, take a permission now."""

    active: bool


@dataclass(frozen=True)
class FireChanged:
    """The lane's fire input."""

    active: bool


@dataclass(frozen=True)
class FaultChanged:
    """Something without which there are no trustworthy verdicts has failed, or works again."""

    active: bool


@dataclass(frozen=True)
class OverrideChanged:
    """Somebody responsible opens the gate for ``for_s`` seconds; 0 ends it."""

    for_s: float


@dataclass(frozen=True)
class Tick:
    """Nothing but time has passed."""


GateInput = (
    PersonArrived
    | PersonLeft
    | VerdictReached
    | PassageReported
    | ReadyChanged
    | FireChanged
    | FaultChanged
    | OverrideChanged
    | Tick
)


class Cause(Enum):
    """Why the permission is on. There is no other reason."""

    VERDICT = "verdict"
    REMINDED = "reminded"
    POLICY_OFF = "policy_off"
    OVERRIDE = "override"
    FIRE = "fire"
    FAULT_OPEN = "fault_open"


class GateEventKind(Enum):
    """What has happened at the gate, for the journal."""

    PERMIT = "permit"
    REFUSE = "refuse"
    REMIND = "remind"
    PASSED = "passed"
    NOT_PASSED = "not_passed"
    TAILGATE = "tailgate"
    FORCED = "forced"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class GateEvent:
    """One outcome; ``inferred`` marks a passage concluded from the person's leaving, without a lane input."""

    kind: GateEventKind
    person: int | None
    status: GateStatus
    cause: Cause | None = None
    inferred: bool = False
