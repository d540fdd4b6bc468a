"""The state machine that decides about the permission: ``step(state, gate_input, config, now_s)``.

It reads no clock and drives no wire. Fire, fault, override and policy off overrule all phases, in this order.
"""

from collections.abc import Callable

from binarycop.classes import GateStatus
from binarycop.gate import inputs
from binarycop.gate import override as override_input
from binarycop.gate.config import GateConfig
from binarycop.gate.events import Cause, GateEvent, GateEventKind
from binarycop.gate.inputs import GateInput
from binarycop.gate.state import Grant, Phase, State, permission, permission_limit_s, phase_end_s
from binarycop.record import replace
from binarycop.settings.gate import Contact, Policy

Result = tuple[State, tuple[GateEvent, ...]]


def step(state: State, gate_input: GateInput, config: GateConfig, now_s: float) -> Result:
    """Process one input at ``now_s``; returns the new state and the events, in order.

    now_s: seconds of the monotonic clock, never earlier than in the call before.
    """
    state, expired = _expire(state, config, now_s)
    state, caused = _HANDLERS[type(gate_input)](state, gate_input, config, now_s)
    state, revoked = _revoke(state, config, now_s)
    state, decided = _evaluate(state, config, now_s)
    return state, (*expired, *caused, *revoked, *decided)


def _expire(state: State, config: GateConfig, now_s: float) -> Result:
    """End the override and every phase whose time is over by now, one after the other."""
    events: tuple[GateEvent, ...] = ()
    override = override_input.expire(state.override, config.settings, now_s)
    if override is not state.override:
        state = replace(state, override=override)
    while state.phase is not Phase.IDLE and now_s >= (end_s := phase_end_s(state, config.settings)):
        if state.phase is Phase.REMINDING:
            # `_evaluate` gives the permission; it may have to wait until the speed gate is ready.
            break
        if state.phase is Phase.REFRACTORY:
            state = replace(state, phase=Phase.IDLE)
        elif state.phase is Phase.PERMITTED and state.person is None and not config.has_passed:
            # The person walked out of view during the permission, which has now run to its end.
            events += (_granted_event(state, GateEventKind.PASSED, inferred=True),)
            state = _enter_refractory(state, end_s)
        elif state.phase is Phase.PERMITTED and end_s < _passage_deadline_s(state, config):
            if _is_unsupported(state, config, end_s):
                events += (_granted_event(state, GateEventKind.WITHDRAWN, reason="no frame supports it any more"),)
            state = replace(state, phase=Phase.AWAITING, since_s=end_s)
        else:
            events += (_granted_event(state, GateEventKind.NOT_PASSED),)
            state = _enter_refractory(state, end_s)
    return state, events


def _is_unsupported(state: State, config: GateConfig, end_s: float) -> bool:
    """Whether a held permission ends at ``end_s`` because of the grace time, before its own limit."""
    grant = state.grant
    return grant is not None and grant.is_held and end_s < grant.at_s + min(grant.limit_s, config.settings.hold_s)


def _revoke(state: State, config: GateConfig, now_s: float) -> Result:
    """Renew, contradict or withdraw a permission that was given, by the newest verdict and the settings of now."""
    grant, verdict, settings = state.grant, state.verdict, config.settings
    if grant is None or settings.policy is Policy.OFF:
        return state, ()
    if state.phase is Phase.PERMITTED and _is_void(grant, config):
        withdrawn = _granted_event(state, GateEventKind.WITHDRAWN, reason="the settings do not permit it any more")
        return _enter_refractory(state, now_s), (withdrawn,)
    if verdict is None or verdict.status in config.permitted or grant.cause is Cause.REMINDED:
        return _renew(state), ()
    is_withdrawn = state.phase is Phase.PERMITTED and grant.is_held
    events: tuple[GateEvent, ...] = ()
    if is_withdrawn:
        events = (_granted_event(state, GateEventKind.WITHDRAWN, reason=f"verdict {verdict.status.value}"),)
    # After a pulse, the person who got it cannot be refused any more; somebody else in front can.
    if is_withdrawn or state.person != grant.person:
        state, refused = _refuse(state, verdict, config)
        events += refused
    return (_enter_refractory(state, now_s) if is_withdrawn else state), events


def _refuse(state: State, verdict: inputs.VerdictReached, config: GateConfig) -> Result:
    """Report a refusal, once for each verdict of a person in a row."""
    if config.settings.policy is not Policy.ENFORCE or state.last_announced is verdict.status:
        return state, ()
    state = replace(state, last_announced=verdict.status)
    return state, (_front_event(state, GateEventKind.REFUSE),)


def _is_void(grant: Grant, config: GateConfig) -> bool:
    """Whether the settings, after a reload, would not give this permission any more."""
    if grant.cause is Cause.REMINDED:
        return config.settings.policy is not Policy.REMIND
    return grant.status not in config.permitted


def _renew(state: State) -> State:
    """A verdict of the person who got the permission supports it for longer, if it is held."""
    grant, verdict = state.grant, state.verdict
    if grant is None or verdict is None or state.person != grant.person or verdict.at_s <= grant.supported_s:
        return state
    return replace(state, grant=replace(grant, supported_s=verdict.at_s))


def _evaluate(state: State, config: GateConfig, now_s: float) -> Result:
    """Give the permission, remind or refuse, if the state asks for it now."""
    settings, verdict = config.settings, state.verdict
    is_overruled = state.fire or state.fault or state.override.is_on(settings, now_s) or settings.policy is Policy.OFF
    if is_overruled or state.person is None or state.phase not in (Phase.IDLE, Phase.REMINDING):
        return state, ()
    is_fresh = verdict is not None and now_s - verdict.at_s <= settings.fresh_s
    if verdict is not None and verdict.status in config.permitted:
        # A held permission that nothing has supported for the grace time would be over before it begins.
        is_usable = settings.contact is Contact.PULSE or now_s < verdict.at_s + settings.grace_s
        if is_fresh and is_usable and state.ready and not verdict.is_contradicted:
            return _permit(state, config, now_s, Cause.VERDICT)
        return state, ()
    if state.phase is Phase.REMINDING:
        if now_s >= phase_end_s(state, settings) and state.ready:
            return _permit(state, config, now_s, Cause.REMINDED)
        return state, ()
    if verdict is None:
        return state, ()
    if settings.policy is Policy.REMIND and is_fresh:
        state = replace(state, phase=Phase.REMINDING, since_s=now_s, last_announced=verdict.status)
        return state, (_front_event(state, GateEventKind.REMIND),)
    return _refuse(state, verdict, config)


def _permit(state: State, config: GateConfig, now_s: float, cause: Cause) -> Result:
    settings = config.settings
    if state.presences.of(state.presence) >= settings.max_permissions:
        if state.has_reported_limit:
            return state, ()
        return replace(state, has_reported_limit=True), (_front_event(state, GateEventKind.LIMIT_REACHED),)
    verdict = state.verdict
    reminded_of = state.last_announced or GateStatus.UNDECIDED
    grant = Grant(
        state.person,
        verdict.status if verdict else reminded_of,
        cause,
        now_s,
        permission_limit_s(settings),
        settings.contact is Contact.HOLD,
        verdict.at_s if verdict and cause is Cause.VERDICT else now_s,
    )
    state = replace(
        state,
        phase=Phase.PERMITTED,
        since_s=now_s,
        grant=grant,
        presences=state.presences.count(state.presence),
        has_reported_limit=False,
        last_announced=None,
    )
    return state, (_granted_event(state, GateEventKind.PERMIT),)


def _enter_refractory(state: State, now_s: float) -> State:
    """Begin the re-lock delay. The verdict is discarded, so that the next permission needs a new one."""
    return replace(state, phase=Phase.REFRACTORY, since_s=now_s, grant=None, verdict=None)


def _withdraw_held(state: State, config: GateConfig, now_s: float, reason: str) -> Result:
    """End a held permission whose passage may already have begun: it is still awaited."""
    if state.phase is not Phase.PERMITTED or state.grant is None or not state.grant.is_held:
        return state, ()
    events = (_granted_event(state, GateEventKind.WITHDRAWN, reason=reason),)
    if not config.has_passed:
        return _enter_refractory(state, now_s), events
    return replace(state, phase=Phase.AWAITING, since_s=now_s), events


def _passage_deadline_s(state: State, config: GateConfig) -> float:
    return (state.grant.at_s if state.grant else state.since_s) + config.settings.pass_timeout_s


def _granted_event(state: State, kind: GateEventKind, *, inferred: bool = False, reason: str = "") -> GateEvent:
    """An event about the person who got the permission, with that person's verdict."""
    grant = state.grant
    if grant is None:
        return _front_event(state, kind)
    return GateEvent(kind, grant.person, grant.status, grant.cause, inferred, reason)


def _front_event(state: State, kind: GateEventKind, *, cause: Cause | None = None, reason: str = "") -> GateEvent:
    """An event about the person in front, with the verdict of now."""
    without_verdict = GateStatus.NOBODY if state.person is None else GateStatus.UNDECIDED
    status = state.verdict.status if state.verdict else without_verdict
    return GateEvent(kind, state.person, status, cause, reason=reason)


def _on_person_arrived(state: State, gate_input: inputs.PersonArrived, config: GateConfig, now_s: float) -> Result:
    if state.person == gate_input.person:
        return state, ()
    if state.grant is not None and state.grant.person == gate_input.person:
        events: tuple[GateEvent, ...] = ()
    elif state.phase is Phase.PERMITTED and config.has_passed:
        state, events = _withdraw_held(state, config, now_s, "another person is in front")
    else:
        state, events = _abandon_person(state, now_s, has_passed=config.has_passed)
    presence = gate_input.person if gate_input.presence is None else gate_input.presence
    has_reported_limit = state.has_reported_limit and presence == state.presence
    state = replace(state, person=gate_input.person, presence=presence, has_reported_limit=has_reported_limit)
    return replace(state, presences=state.presences.keep(presence), verdict=None, last_announced=None), events


def _on_person_left(state: State, gate_input: inputs.PersonLeft, config: GateConfig, now_s: float) -> Result:
    events: tuple[GateEvent, ...] = ()
    if state.phase is not Phase.PERMITTED:
        # A pulse runs to its end; a held contact lasts until nothing has supported it for the grace time.
        state, events = _abandon_person(state, now_s, has_passed=config.has_passed)
    return replace(state, person=None, verdict=None, last_announced=None), events


def _abandon_person(state: State, now_s: float, *, has_passed: bool) -> Result:
    """End the reminder, or the permission if no line reports passages, of a person who is no longer in front."""
    if state.phase is Phase.REMINDING:
        return replace(state, phase=Phase.IDLE), ()
    if state.phase in (Phase.PERMITTED, Phase.AWAITING) and not has_passed:
        passed = _granted_event(state, GateEventKind.PASSED, inferred=True)
        return _enter_refractory(state, now_s), (passed,)
    return state, ()


def _on_verdict_reached(state: State, gate_input: inputs.VerdictReached, config: GateConfig, now_s: float) -> Result:
    # A verdict needs a person in front. A verdict from the future comes from another clock.
    if state.person is None or gate_input.at_s > now_s:
        return state, ()
    return replace(state, verdict=gate_input), ()


def _on_verdict_lapsed(state: State, gate_input: inputs.VerdictLapsed, config: GateConfig, now_s: float) -> Result:
    # A held permission lasts for the grace time; a reminder for its own time.
    return replace(state, verdict=None), ()


def _on_passage_reported(state: State, gate_input: inputs.PassageReported, config: GateConfig, now_s: float) -> Result:
    if state.grant is not None:
        passed = _granted_event(state, GateEventKind.PASSED)
        return _enter_refractory(state, now_s), (passed,)
    cause = permission(state, config, now_s)
    if cause is not None:
        return state, (_front_event(state, GateEventKind.PASSED, cause=cause),)
    # During the re-lock delay somebody may have followed a permitted person; otherwise somebody forced the lane.
    kind = GateEventKind.TAILGATE if state.phase is Phase.REFRACTORY else GateEventKind.FORCED
    return state, (_front_event(state, kind),)


def _on_ready_changed(state: State, gate_input: inputs.ReadyChanged, config: GateConfig, now_s: float) -> Result:
    state = replace(state, ready=gate_input.active)
    return (state, ()) if state.ready else _withdraw_held(state, config, now_s, "the speed gate is not ready")


def _on_fire_changed(state: State, gate_input: inputs.FireChanged, config: GateConfig, now_s: float) -> Result:
    state = replace(state, fire=gate_input.active)
    return _withdraw(state, now_s, "fire") if state.fire else (state, ())


def _on_fault_changed(state: State, gate_input: inputs.FaultChanged, config: GateConfig, now_s: float) -> Result:
    state = replace(state, fault=gate_input.active)
    return _withdraw(state, now_s, "fault") if state.fault else (state, ())


def _on_override_changed(state: State, gate_input: inputs.OverrideChanged, config: GateConfig, now_s: float) -> Result:
    if not gate_input.active:
        return replace(state, override=override_input.release(state.override, now_s)), ()
    override, reason = override_input.activate(state.override, config.settings, now_s)
    state = replace(state, override=override)
    if reason:
        return state, (_front_event(state, GateEventKind.OVERRIDE_REFUSED, reason=reason),)
    return _withdraw(state, now_s, "override") if override.on_since_s == now_s else (state, ())


def _withdraw(state: State, now_s: float, reason: str) -> Result:
    """End what is in progress at a fire, fault or override, and discard the verdict."""
    if state.grant is not None:
        withdrawn = _granted_event(state, GateEventKind.WITHDRAWN, reason=reason)
        return _enter_refractory(state, now_s), (withdrawn,)
    phase = Phase.IDLE if state.phase is Phase.REMINDING else state.phase
    return replace(state, phase=phase, verdict=None, last_announced=None), ()


def _on_tick(state: State, gate_input: inputs.Tick, config: GateConfig, now_s: float) -> Result:
    return state, ()


_HANDLERS: dict[type, Callable[..., Result]] = {
    inputs.PersonArrived: _on_person_arrived,
    inputs.PersonLeft: _on_person_left,
    inputs.VerdictReached: _on_verdict_reached,
    inputs.VerdictLapsed: _on_verdict_lapsed,
    inputs.PassageReported: _on_passage_reported,
    inputs.ReadyChanged: _on_ready_changed,
    inputs.FireChanged: _on_fire_changed,
    inputs.FaultChanged: _on_fault_changed,
    inputs.OverrideChanged: _on_override_changed,
    inputs.Tick: _on_tick,
}
