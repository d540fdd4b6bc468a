"""What comes into the gate's state machine, and what it says has happened."""

from dataclasses import dataclass
from enum import Enum

from binarycop.wearing import Finding


@dataclass(frozen=True)
class Seen:
    """A person is in front of the gate (again at each frame, or just once)."""

    person: int


@dataclass(frozen=True)
class Left:
    """The person in front has gone."""


@dataclass(frozen=True)
class Judged:
    """The person in front has this verdict, whose newest vote is from ``at_s``."""

    finding: Finding
    at_s: float


@dataclass(frozen=True)
class Passed:
    """The lane reports a passage."""


@dataclass(frozen=True)
class Ready:
    """The lane can, or cannot, take a permission now."""

    active: bool


@dataclass(frozen=True)
class Fire:
    """The lane's fire input."""

    active: bool


@dataclass(frozen=True)
class Fault:
    """Something without which there are no trustworthy verdicts has failed, or works again."""

    active: bool


@dataclass(frozen=True)
class Override:
    """Somebody responsible opens the gate for ``for_s`` seconds; 0 ends it."""

    for_s: float


@dataclass(frozen=True)
class Tick:
    """Nothing but time has passed."""


Event = Seen | Left | Judged | Passed | Ready | Fire | Fault | Override | Tick


class Cause(Enum):
    """Why the permission is on. There is no other reason."""

    VERDICT = "verdict"
    REMINDED = "reminded"
    POLICY_OFF = "policy_off"
    OVERRIDE = "override"
    FIRE = "fire"
    FAULT_OPEN = "fault_open"


class Outcome(Enum):
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
class Happening:
    """One outcome; ``inferred`` marks a passage concluded from the person's leaving, without a lane input."""

    outcome: Outcome
    person: int | None
    finding: Finding
    cause: Cause | None = None
    inferred: bool = False
