"""The inputs of the gate's state machine: people, verdicts, the input lines, faults and time."""

from dataclasses import dataclass

from binarycop.classes import GateStatus


@dataclass(frozen=True)
class PersonArrived:
    """This person is in front of the gate. May be given once, or again with each frame."""

    person: int


@dataclass(frozen=True)
class PersonLeft:
    """Nobody is in front of the gate any more."""


@dataclass(frozen=True)
class VerdictReached:
    """The verdict for the person in front. ``at_s``: the time of its newest vote."""

    status: GateStatus
    at_s: float


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
    """The override is on for the next ``for_s`` seconds; 0 ends it."""

    for_s: float


@dataclass(frozen=True)
class Tick:
    """Time has passed, and nothing else."""


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
