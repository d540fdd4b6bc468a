"""The state machine that decides about the permission: ``step(state, gate_input, config, now_s)``.

It reads no clock and drives no wire. Fire, fault, override and policy off overrule all phases, in this order.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from binarycop.classes import GateStatus
from binarycop.gate import inputs
from binarycop.gate.config import GateConfig
from binarycop.gate.events import Cause, GateEvent, GateEventKind
from binarycop.gate.inputs import GateInput
from binarycop.settings.gate import Contact, Fail, FireLevel, Policy


class Phase(Enum):
    """The steps of one passage."""

    IDLE = "idle"  # no permission; a verdict may give one
    REMINDING = "reminding"  # no permission; after ``remind_s`` it is given
    PERMITTED = "permitted"  # the permission is on
    AWAITING = "awaiting"  # the pulse is over, the passage has not been reported yet
    REFRACTORY = "refractory"  # the re-lock delay: no permission is given


@dataclass(frozen=True)
class State:
    """All that the machine remembers. All times are in seconds of the monotonic clock.

    phase_ends_s: when the phase ends by itself. passage_deadline_s: until when the passage of a permission is awaited.
    granted_to: the person who got the permission. person, verdict: who is in front, and that person's verdict.
    last_announced: the last verdict that was refused or reminded of, so that it is reported once only.
    """

    phase: Phase = Phase.IDLE
    phase_ends_s: float = 0.0
    passage_deadline_s: float = 0.0
    cause: Cause | None = None
    granted_to: int | None = None
    person: int | None = None
    verdict: inputs.VerdictReached | None = None
    last_announced: GateStatus | None = None
    ready: bool = True
    fire: bool = False
    fault: bool = False
    override_until_s: float | None = None


Result = tuple[State, tuple[GateEvent, ...]]


def permission(state: State, config: GateConfig, now_s: float) -> Cause | None:
    """The cause why the permission is on at ``now_s``, or None if it is off."""
    settings = config.settings
    if state.fire:
        return Cause.FIRE if settings.fire_level is FireLevel.PERMIT else None
    if state.fault:
        return Cause.FAULT_OPEN if settings.fail is Fail.OPEN else None
    if state.override_until_s is not None and now_s < state.override_until_s:
        return Cause.OVERRIDE
    if settings.policy is Policy.OFF:
        return Cause.POLICY_OFF
    return state.cause if state.phase is Phase.PERMITTED and now_s < state.phase_ends_s else None


def display_status(state: State) -> GateStatus:
    """The row of ``signals`` that the lamps show."""
    if state.fault:
        return GateStatus.FAULT
    if state.person is None:
        return GateStatus.NOBODY
    return state.verdict.status if state.verdict else GateStatus.UNDECIDED


def due_s(state: State, now_s: float) -> float | None:
    """The next time after ``now_s`` at which the machine needs a Tick if no other input comes, or None."""
    times_s = [] if state.phase is Phase.IDLE else [state.phase_ends_s]
    if state.override_until_s is not None:
        times_s.append(state.override_until_s)
    return min((time_s for time_s in times_s if time_s > now_s), default=None)


def step(state: State, gate_input: GateInput, config: GateConfig, now_s: float) -> Result:
    """Process one input at ``now_s``; returns the new state and the events, in order.

    now_s: seconds of the monotonic clock, never earlier than in the call before.
    """
    state, expired = _expire(state, config, now_s)
    state, caused = _HANDLERS[type(gate_input)](state, gate_input, config, now_s)
    state, decided = _evaluate(state, config, now_s)
    return state, (*expired, *caused, *decided)


def _expire(state: State, config: GateConfig, now_s: float) -> Result:
    """End the override and every phase whose time is over by now, one after the other."""
    events: tuple[GateEvent, ...] = ()
    if state.override_until_s is not None and now_s >= state.override_until_s:
        state = replace(state, override_until_s=None)
    while state.phase is not Phase.IDLE and now_s >= state.phase_ends_s:
        if state.phase is Phase.PERMITTED and state.person is None and not config.has_passed:
            # The person walked out of view during the pulse, which has now run to its end.
            events += (_event(state, GateEventKind.PASSED, inferred=True),)
            state = _enter_refractory(state, config, state.phase_ends_s)
        elif state.phase is Phase.PERMITTED and state.phase_ends_s < state.passage_deadline_s:
            state = replace(state, phase=Phase.AWAITING, phase_ends_s=state.passage_deadline_s)
        elif state.phase in (Phase.PERMITTED, Phase.AWAITING):
            events += (_event(state, GateEventKind.NOT_PASSED),)
            state = _enter_refractory(state, config, state.phase_ends_s)
        elif state.phase is Phase.REMINDING:
            # `_evaluate` gives the permission; it may have to wait until the speed gate is ready.
            break
        else:
            state = replace(state, phase=Phase.IDLE)
    return state, events


def _evaluate(state: State, config: GateConfig, now_s: float) -> Result:
    """Give the permission, remind or refuse, if the state asks for it now."""
    settings, verdict = config.settings, state.verdict
    is_overruled = state.fire or state.fault or state.override_until_s is not None or settings.policy is Policy.OFF
    if is_overruled or state.person is None or verdict is None or state.phase not in (Phase.IDLE, Phase.REMINDING):
        return state, ()
    is_fresh = now_s - verdict.at_s <= settings.fresh_s
    if verdict.status in config.permitted:
        if is_fresh and state.ready:
            return _permit(state, config, now_s, Cause.VERDICT)
        return state, ()
    if state.phase is Phase.REMINDING:
        if now_s >= state.phase_ends_s and state.ready:
            return _permit(state, config, now_s, Cause.REMINDED)
        return state, ()
    if settings.policy is Policy.REMIND and is_fresh:
        ends_s = now_s + settings.remind_s
        state = replace(state, phase=Phase.REMINDING, phase_ends_s=ends_s, last_announced=verdict.status)
        return state, (_event(state, GateEventKind.REMIND),)
    if settings.policy is Policy.ENFORCE and state.last_announced is not verdict.status:
        state = replace(state, last_announced=verdict.status)
        return state, (_event(state, GateEventKind.REFUSE),)
    return state, ()


def _permit(state: State, config: GateConfig, now_s: float, cause: Cause) -> Result:
    settings = config.settings
    on_s = settings.pulse_s if settings.contact is Contact.PULSE else settings.hold_s
    state = replace(
        state,
        phase=Phase.PERMITTED,
        phase_ends_s=now_s + on_s,
        passage_deadline_s=now_s + settings.pass_timeout_s,
        cause=cause,
        granted_to=state.person,
        last_announced=None,
    )
    return state, (_event(state, GateEventKind.PERMIT),)


def _enter_refractory(state: State, config: GateConfig, now_s: float) -> State:
    """Begin the re-lock delay. The verdict is discarded, so that the next permission needs a new one."""
    return replace(
        state,
        phase=Phase.REFRACTORY,
        phase_ends_s=now_s + config.settings.refractory_s,
        cause=None,
        granted_to=None,
        verdict=None,
        last_announced=None,
    )


def _event(state: State, kind: GateEventKind, *, inferred: bool = False) -> GateEvent:
    is_granted = state.phase in (Phase.PERMITTED, Phase.AWAITING)
    person = state.granted_to if is_granted else state.person
    without_verdict = GateStatus.NOBODY if person is None else GateStatus.UNDECIDED
    status = state.verdict.status if state.verdict else without_verdict
    return GateEvent(kind, person, status, state.cause if is_granted else None, inferred)


def _on_person_arrived(state: State, gate_input: inputs.PersonArrived, config: GateConfig, now_s: float) -> Result:
    if state.person == gate_input.person:
        return state, ()
    state, events = _abandon_person(state, config, now_s)
    return replace(state, person=gate_input.person, verdict=None, last_announced=None), events


def _on_person_left(state: State, gate_input: inputs.PersonLeft, config: GateConfig, now_s: float) -> Result:
    if state.phase is Phase.PERMITTED and config.settings.contact is Contact.PULSE and not config.has_passed:
        # The speed gate needs the whole pulse. The verdict is kept for the event of the passage.
        return replace(state, person=None, last_announced=None), ()
    state, events = _abandon_person(state, config, now_s)
    return replace(state, person=None, verdict=None, last_announced=None), events


def _abandon_person(state: State, config: GateConfig, now_s: float) -> Result:
    """End the reminder, or the permission if no line reports passages, of a person who is no longer in front."""
    if state.phase is Phase.REMINDING:
        return replace(state, phase=Phase.IDLE), ()
    if state.phase in (Phase.PERMITTED, Phase.AWAITING) and not config.has_passed:
        passed = _event(state, GateEventKind.PASSED, inferred=True)
        return _enter_refractory(state, config, now_s), (passed,)
    return state, ()


def _on_verdict_reached(state: State, gate_input: inputs.VerdictReached, config: GateConfig, now_s: float) -> Result:
    # A verdict needs a person in front. A verdict from the future comes from another clock.
    if state.person is None or gate_input.at_s > now_s:
        return state, ()
    return replace(state, verdict=gate_input), ()


def _on_passage_reported(state: State, gate_input: inputs.PassageReported, config: GateConfig, now_s: float) -> Result:
    if state.phase in (Phase.PERMITTED, Phase.AWAITING):
        passed = _event(state, GateEventKind.PASSED)
        return _enter_refractory(state, config, now_s), (passed,)
    cause = permission(state, config, now_s)
    if cause is not None:
        return state, (replace(_event(state, GateEventKind.PASSED), cause=cause),)
    # During the re-lock delay somebody may have followed a permitted person; otherwise somebody forced the lane.
    kind = GateEventKind.TAILGATE if state.phase is Phase.REFRACTORY else GateEventKind.FORCED
    return state, (_event(state, kind),)


def _on_ready_changed(state: State, gate_input: inputs.ReadyChanged, config: GateConfig, now_s: float) -> Result:
    return replace(state, ready=gate_input.active), ()


def _on_fire_changed(state: State, gate_input: inputs.FireChanged, config: GateConfig, now_s: float) -> Result:
    if not gate_input.active:
        return replace(state, fire=False), ()
    return _withdraw(replace(state, fire=True), config, now_s)


def _on_fault_changed(state: State, gate_input: inputs.FaultChanged, config: GateConfig, now_s: float) -> Result:
    if not gate_input.active:
        return replace(state, fault=False), ()
    return _withdraw(replace(state, fault=True), config, now_s)


def _on_override_changed(state: State, gate_input: inputs.OverrideChanged, config: GateConfig, now_s: float) -> Result:
    if gate_input.for_s <= 0:
        return replace(state, override_until_s=None), ()
    state, events = _withdraw(state, config, now_s)
    return replace(state, override_until_s=now_s + gate_input.for_s), events


def _withdraw(state: State, config: GateConfig, now_s: float) -> Result:
    """End what is in progress at a fire, fault or override, and discard the verdict."""
    if state.phase in (Phase.PERMITTED, Phase.AWAITING):
        withdrawn = _event(state, GateEventKind.WITHDRAWN)
        return _enter_refractory(state, config, now_s), (withdrawn,)
    phase = Phase.IDLE if state.phase is Phase.REMINDING else state.phase
    return replace(state, phase=phase, verdict=None, last_announced=None), ()


def _on_tick(state: State, gate_input: inputs.Tick, config: GateConfig, now_s: float) -> Result:
    return state, ()


_HANDLERS: dict[type, Callable[..., Result]] = {
    inputs.PersonArrived: _on_person_arrived,
    inputs.PersonLeft: _on_person_left,
    inputs.VerdictReached: _on_verdict_reached,
    inputs.PassageReported: _on_passage_reported,
    inputs.ReadyChanged: _on_ready_changed,
    inputs.FireChanged: _on_fire_changed,
    inputs.FaultChanged: _on_fault_changed,
    inputs.OverrideChanged: _on_override_changed,
    inputs.Tick: _on_tick,
}
