"""The inputs of the gate's state machine: people, verdicts, the input lines, faults and time."""

from dataclasses import dataclass

from binarycop.classes import GateStatus


@dataclass(frozen=True)
class PersonArrived:
    """This person is in front of the gate. May be given once, or again with each frame.

    presence: the number of the unbroken presence; None if it is the person's number. After a reported passage, the same
    presence can have another person's number.
    """

    person: int
    presence: int | None = None


@dataclass(frozen=True)
class PersonLeft:
    """Nobody is in front of the gate any more."""


@dataclass(frozen=True)
class VerdictReached:
    """The verdict for the person in front.

    at_s: when the newest frame that voted for it was captured. is_contradicted: whether a newer frame voted for another
    class. Such a verdict gives no permission, but does not end one either.
    """

    status: GateStatus
    at_s: float
    is_contradicted: bool = False


@dataclass(frozen=True)
class VerdictLapsed:
    """The votes of the person in front make no verdict any more."""


@dataclass(frozen=True)
class PassageReported:
    """The line ``passed`` reports that somebody walked through."""


@dataclass(frozen=True)
class ReadyChanged:
    """The line ``ready``: whether the speed gate can take a permission now."""

    active: bool


@dataclass(frozen=True)
class FireChanged:
    """The line ``fire``."""

    active: bool


@dataclass(frozen=True)
class FaultChanged:
    """Whether a part has failed without which no verdict can be trusted."""

    active: bool


@dataclass(frozen=True)
class OverrideChanged:
    """The line ``override``. What an active one gives is limited: see ``gate.override``."""

    active: bool


@dataclass(frozen=True)
class Tick:
    """Time has passed, or the settings have changed, and nothing else."""


GateInput = (
    PersonArrived
    | PersonLeft
    | VerdictReached
    | VerdictLapsed
    | PassageReported
    | ReadyChanged
    | FireChanged
    | FaultChanged
    | OverrideChanged
    | Tick
)
