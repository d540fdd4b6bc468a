"""The state machine: ``step(state, event, now_s)``. It holds no clock and touches no wire.

Phases: IDLE (permission off), REMINDING (off, until ``remind_s`` are over), PERMITTED (on, until
``until_s``), AWAITING (the pulse is over, the passage still to come), REFRACTORY (off, nothing is given).
Above them, in this order: fire, fault, override, policy off.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from binarycop.classes import GateStatus
from binarycop.gate import events
from binarycop.gate.events import Cause, GateEvent, GateEventKind, GateInput
from binarycop.settings.gate import Contact, Fail, FireLevel, GateSettings, Policy
from binarycop.settings.schema import LaneSettings


class Phase(Enum):
    """Where a passage stands."""

    IDLE = "idle"
    REMINDING = "reminding"
    PERMITTED = "permitted"
    AWAITING = "awaiting"
    REFRACTORY = "refractory"


@dataclass(frozen=True)
class GateConfig:
    """What one lane's machine goes by.

    permitted: the findings whose row in ``signals`` gives permission. has_passed: the lane reports
    passages on a line; without it a person who leaves after a permission counts as having passed.
    """

    settings: GateSettings
    permitted: frozenset[GateStatus]
    has_passed: bool

    @classmethod
    def of(cls, lane: LaneSettings) -> "GateConfig":
        """The rules of a lane."""
        permitted = frozenset(finding for finding in GateStatus if lane.signals.of(finding).permission)
        return cls(lane.gate, permitted - {GateStatus.NOBODY, GateStatus.FAULT}, lane.lines.passed is not None)


@dataclass(frozen=True)
class State:
    """All that the machine remembers.

    until_s: when the phase ends by itself. pass_by_s: when a permission's passage is given up.
    verdict: the verdict of the person in front. last_announced: what was last refused or reminded of, to say it once.
    """

    phase: Phase = Phase.IDLE
    until_s: float = 0.0
    pass_by_s: float = 0.0
    cause: Cause | None = None
    granted_to: int | None = None
    person: int | None = None
    verdict: events.VerdictReached | None = None
    last_announced: GateStatus | None = None
    ready: bool = True
    fire: bool = False
    fault: bool = False
    override_until_s: float | None = None


Result = tuple[State, tuple[GateEvent, ...]]


def permission(state: State, rules: GateConfig, now_s: float) -> Cause | None:
    """Why the permission is on at ``now_s``; None where it is off."""
    settings = rules.settings
    if state.fire:
        return Cause.FIRE if settings.fire_level is FireLevel.PERMIT else None
    if state.fault:
        return Cause.FAULT_OPEN if settings.fail is Fail.OPEN else None
    if state.override_until_s is not None and now_s < state.override_until_s:
        return Cause.OVERRIDE
    if settings.policy is Policy.OFF:
        return Cause.POLICY_OFF
    return state.cause if state.phase is Phase.PERMITTED and now_s < state.until_s else None


def display_status(state: State) -> GateStatus:
    """Which row of ``signals`` the lamps show."""
    if state.fault:
        return GateStatus.FAULT
    if state.person is None:
        return GateStatus.NOBODY
    return state.verdict.status if state.verdict else GateStatus.UNDECIDED


def due_s(state: State, now_s: float) -> float | None:
    """When after ``now_s`` the machine wants a Tick, though nothing else may happen; None for never."""
    times = [] if state.phase is Phase.IDLE else [state.until_s]
    if state.override_until_s is not None:
        times.append(state.override_until_s)
    return min((one for one in times if one > now_s), default=None)


def step(state: State, event: GateInput, rules: GateConfig, now_s: float) -> Result:
    """Take one event at ``now_s`` (monotonic, never before the last one's); returns the new state and what happened."""
    state, happened = _let_time_pass(state, rules, now_s)
    state, more = _HANDLERS[type(event)](state, event, rules, now_s)
    state, still_more = _evaluate(state, rules, now_s)
    return state, (*happened, *more, *still_more)


def _let_time_pass(state: State, rules: GateConfig, now_s: float) -> Result:
    """Every phase that has run out by now, one after the other."""
    happened: tuple[GateEvent, ...] = ()
    if state.override_until_s is not None and now_s >= state.override_until_s:
        state = replace(state, override_until_s=None)
    while state.phase is not Phase.IDLE and now_s >= state.until_s:
        if state.phase is Phase.PERMITTED and state.person is None and not rules.has_passed:
            # They left during the pulse, which has run to its end.
            happened += (_said(state, GateEventKind.PASSED, inferred=True),)
            state = _enter_refractory(state, rules, state.until_s)
        elif state.phase is Phase.PERMITTED and state.until_s < state.pass_by_s:
            state = replace(state, phase=Phase.AWAITING, until_s=state.pass_by_s)
        elif state.phase in (Phase.PERMITTED, Phase.AWAITING):
            happened += (_said(state, GateEventKind.NOT_PASSED),)
            state = _enter_refractory(state, rules, state.until_s)
        elif state.phase is Phase.REMINDING:
            # `until_s` says when the reminder has been shown long enough; it is granted in `_evaluate`.
            break
        else:
            state = replace(state, phase=Phase.IDLE)
    return state, happened


def _evaluate(state: State, rules: GateConfig, now_s: float) -> Result:
    """Grant, remind or refuse, if this is the moment."""
    settings, judged = rules.settings, state.verdict
    above = state.fire or state.fault or state.override_until_s is not None or settings.policy is Policy.OFF
    if above or state.person is None or judged is None or state.phase not in (Phase.IDLE, Phase.REMINDING):
        return state, ()
    fresh = now_s - judged.at_s <= settings.fresh_s
    if judged.status in rules.permitted:
        if fresh and state.ready:
            return _grant(state, rules, now_s, Cause.VERDICT)
        return state, ()
    if state.phase is Phase.REMINDING:
        if now_s >= state.until_s and state.ready:
            return _grant(state, rules, now_s, Cause.REMINDED)
        return state, ()
    if settings.policy is Policy.REMIND and fresh:
        state = replace(state, phase=Phase.REMINDING, until_s=now_s + settings.remind_s, last_announced=judged.status)
        return state, (_said(state, GateEventKind.REMIND),)
    if settings.policy is Policy.ENFORCE and state.last_announced is not judged.status:
        state = replace(state, last_announced=judged.status)
        return state, (_said(state, GateEventKind.REFUSE),)
    return state, ()


def _grant(state: State, rules: GateConfig, now_s: float, cause: Cause) -> Result:
    settings = rules.settings
    on_s = settings.pulse_s if settings.contact is Contact.PULSE else settings.hold_s
    state = replace(
        state,
        phase=Phase.PERMITTED,
        until_s=now_s + on_s,
        pass_by_s=now_s + settings.pass_timeout_s,
        cause=cause,
        granted_to=state.person,
        last_announced=None,
    )
    return state, (_said(state, GateEventKind.PERMIT),)


def _enter_refractory(state: State, rules: GateConfig, now_s: float) -> State:
    """After a passage, or instead of one: nothing is given for a while, and a verdict must be made anew."""
    until_s = now_s + rules.settings.refractory_s
    return replace(
        state, phase=Phase.REFRACTORY, until_s=until_s, cause=None, granted_to=None, verdict=None, last_announced=None
    )


def _said(state: State, outcome: GateEventKind, *, inferred: bool = False) -> GateEvent:
    granted = state.phase in (Phase.PERMITTED, Phase.AWAITING)
    person = state.granted_to if granted else state.person
    finding = (
        state.verdict.status if state.verdict else GateStatus.UNDECIDED if person is not None else GateStatus.NOBODY
    )
    return GateEvent(outcome, person, finding, state.cause if granted else None, inferred)


def _on_person_arrived(state: State, event: events.PersonArrived, rules: GateConfig, now_s: float) -> Result:
    if state.person == event.person:
        return state, ()
    state, happened = _abandon_person(state, rules, now_s)
    return replace(state, person=event.person, verdict=None, last_announced=None), happened


def _on_person_left(state: State, event: events.PersonLeft, rules: GateConfig, now_s: float) -> Result:
    if state.phase is Phase.PERMITTED and rules.settings.contact is Contact.PULSE and not rules.has_passed:
        # The lane gets its whole pulse; the verdict is kept, to tell whose passage it was.
        return replace(state, person=None, last_announced=None), ()
    state, happened = _abandon_person(state, rules, now_s)
    return replace(state, person=None, verdict=None, last_announced=None), happened


def _abandon_person(state: State, rules: GateConfig, now_s: float) -> Result:
    """Whoever was in front is so no longer: what was shown or given to them ends, where no line says when they pass."""
    if state.phase is Phase.REMINDING:
        return replace(state, phase=Phase.IDLE), ()
    if state.phase in (Phase.PERMITTED, Phase.AWAITING) and not rules.has_passed:
        happened = _said(state, GateEventKind.PASSED, inferred=True)
        return _enter_refractory(state, rules, now_s), (happened,)
    return state, ()


def _on_verdict_reached(state: State, event: events.VerdictReached, rules: GateConfig, now_s: float) -> Result:
    # A verdict without a person in front belongs to nobody, and one from the future to no clock of ours.
    if state.person is None or event.at_s > now_s:
        return state, ()
    return replace(state, verdict=event), ()


def _on_passage_reported(state: State, event: events.PassageReported, rules: GateConfig, now_s: float) -> Result:
    if state.phase in (Phase.PERMITTED, Phase.AWAITING):
        happened = _said(state, GateEventKind.PASSED)
        return _enter_refractory(state, rules, now_s), (happened,)
    cause = permission(state, rules, now_s)
    if cause is not None:
        return state, (replace(_said(state, GateEventKind.PASSED), cause=cause),)
    # Right behind a permitted passage somebody slipped through; at any other time somebody forced the lane.
    return state, (_said(state, GateEventKind.TAILGATE if state.phase is Phase.REFRACTORY else GateEventKind.FORCED),)


def _on_ready_changed(state: State, event: events.ReadyChanged, rules: GateConfig, now_s: float) -> Result:
    return replace(state, ready=event.active), ()


def _on_fire_changed(state: State, event: events.FireChanged, rules: GateConfig, now_s: float) -> Result:
    return (
        _withdraw(replace(state, fire=event.active), rules, now_s) if event.active else (replace(state, fire=False), ())
    )


def _on_fault_changed(state: State, event: events.FaultChanged, rules: GateConfig, now_s: float) -> Result:
    if not event.active:
        return replace(state, fault=False), ()
    return _withdraw(replace(state, fault=True), rules, now_s)


def _withdraw(state: State, rules: GateConfig, now_s: float) -> Result:
    """Fire, fault and override end what was going on; when they are over it has to be earned anew."""
    if state.phase in (Phase.PERMITTED, Phase.AWAITING):
        happened = _said(state, GateEventKind.WITHDRAWN)
        return _enter_refractory(state, rules, now_s), (happened,)
    phase = Phase.IDLE if state.phase is Phase.REMINDING else state.phase
    return replace(state, phase=phase, verdict=None, last_announced=None), ()


def _on_override_changed(state: State, event: events.OverrideChanged, rules: GateConfig, now_s: float) -> Result:
    if event.for_s <= 0:
        return replace(state, override_until_s=None), ()
    state, happened = _withdraw(state, rules, now_s)
    return replace(state, override_until_s=now_s + event.for_s), happened


def _on_tick(state: State, event: events.Tick, rules: GateConfig, now_s: float) -> Result:
    return state, ()


_HANDLERS: dict[type, Callable[..., Result]] = {
    events.PersonArrived: _on_person_arrived,
    events.PersonLeft: _on_person_left,
    events.VerdictReached: _on_verdict_reached,
    events.PassageReported: _on_passage_reported,
    events.ReadyChanged: _on_ready_changed,
    events.FireChanged: _on_fire_changed,
    events.FaultChanged: _on_fault_changed,
    events.OverrideChanged: _on_override_changed,
    events.Tick: _on_tick,
}
