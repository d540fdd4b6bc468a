"""The state of the gate's machine, and what follows from it at a given time: permission, lamps, the next deadline."""

from dataclasses import dataclass, field
from enum import Enum
from math import inf

from binarycop.classes import GateStatus
from binarycop.gate import inputs
from binarycop.gate.config import GateConfig
from binarycop.gate.events import Cause
from binarycop.gate.override import Override
from binarycop.gate.presence import PresenceCounts
from binarycop.settings.gate import Contact, Fail, FireLevel, GateSettings, Policy


class Phase(Enum):
    """The steps of one passage."""

    IDLE = "idle"  # no permission; a verdict may give one
    REMINDING = "reminding"  # no permission; after ``remind_s`` it is given
    PERMITTED = "permitted"  # the permission is on
    AWAITING = "awaiting"  # the permission is over, the passage has not been reported yet
    REFRACTORY = "refractory"  # the re-lock delay: no permission is given


@dataclass(frozen=True)
class Grant:
    """A permission that was given, until its passage or its end.

    person: who got it. status: that person's verdict. cause: why. at_s: when it was given. limit_s: the longest that
    it may be on, decided when it was given. is_held: a held contact, not a pulse. supported_s: when the newest frame
    was captured that still supports it.
    """

    person: int | None
    status: GateStatus
    cause: Cause
    at_s: float
    limit_s: float
    is_held: bool
    supported_s: float


@dataclass(frozen=True)
class State:
    """All that the machine remembers. All times are in seconds of the monotonic clock.

    since_s: when the phase began. grant: in the phases permitted and awaiting. person, presence, verdict: who is in
    front, in which unbroken presence, and that person's verdict. last_announced: the last verdict that was refused or
    reminded of, so that it is reported once only. has_reported_limit: the same for the limit of permissions.
    """

    phase: Phase = Phase.IDLE
    since_s: float = 0.0
    grant: Grant | None = None
    person: int | None = None
    presence: int = 0
    presences: PresenceCounts = field(default_factory=PresenceCounts)
    verdict: inputs.VerdictReached | None = None
    last_announced: GateStatus | None = None
    has_reported_limit: bool = False
    ready: bool = True
    fire: bool = False
    fault: bool = False
    override: Override = field(default_factory=Override)


def phase_end_s(state: State, settings: GateSettings) -> float:
    """When the phase ends by itself; infinite for idle.

    It is computed from the settings of now, so that a reload that shortens a time acts on what runs. A permission never
    lasts longer than was decided when it was given.
    """
    grant = state.grant
    if state.phase is Phase.REMINDING:
        return state.since_s + settings.remind_s
    if state.phase is Phase.REFRACTORY:
        return state.since_s + settings.refractory_s
    if state.phase is Phase.AWAITING and grant is not None:
        return grant.at_s + settings.pass_timeout_s
    if state.phase is Phase.PERMITTED and grant is not None:
        end_s = grant.at_s + min(grant.limit_s, permission_limit_s(settings))
        return min(end_s, grant.supported_s + settings.grace_s) if grant.is_held else end_s
    return inf


def permission_limit_s(settings: GateSettings) -> float:
    """The longest that a permission after a verdict or a reminder may be on."""
    return settings.pulse_s if settings.contact is Contact.PULSE else settings.hold_s


def permission(state: State, config: GateConfig, now_s: float) -> Cause | None:
    """The cause why the permission is on at ``now_s``, or None if it is off."""
    settings = config.settings
    if state.fire:
        return Cause.FIRE if settings.fire_level is FireLevel.PERMIT else None
    if state.fault:
        return Cause.FAULT_OPEN if settings.fail is Fail.OPEN else None
    if state.override.is_on(settings, now_s):
        return Cause.OVERRIDE
    if settings.policy is Policy.OFF:
        return Cause.POLICY_OFF
    if state.phase is Phase.PERMITTED and state.grant is not None and now_s < phase_end_s(state, settings):
        return state.grant.cause
    return None


def display_status(state: State) -> GateStatus:
    """The row of ``signals`` that the lamps show."""
    if state.fault:
        return GateStatus.FAULT
    if state.person is None:
        return GateStatus.NOBODY
    if state.has_reported_limit and state.phase is Phase.IDLE:
        # The lamp of a permitted class would say that the speed gate opens.
        return GateStatus.UNDECIDED
    return state.verdict.status if state.verdict else GateStatus.UNDECIDED


def due_s(state: State, config: GateConfig, now_s: float) -> float | None:
    """The next time after ``now_s`` at which the machine needs a Tick if no other input comes, or None."""
    times_s = (phase_end_s(state, config.settings), state.override.end_s(config.settings))
    return min((time_s for time_s in times_s if time_s is not None and now_s < time_s < inf), default=None)
