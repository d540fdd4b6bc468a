"""Faults of the outputs: a relay's line or contact that does not follow, and a permission that does not end."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from binarycop.journal.events import Event
from tests.system.faults import fault_trigger
from tests.system.faults.fake_camera import Scene
from tests.system.faults.fake_chip import CONTACT, HEARTBEAT, RELAY
from tests.system.faults.fault_row import QUIET_S, FaultResult, FaultRow, stop_and_count
from tests.system.faults.gate_process import CheckFailed, GateProcess

_HOLD_S, _MAX_ON_S, _TIMEOUT_S = 2.0, 4.0, 0.5
_FEEDBACK = {"lines": {"feedback": {"pin": CONTACT, "active_high": False}}}
_TIMED = {
    "lines": {"heartbeat": {"pin": HEARTBEAT}, "max_on_s": _MAX_ON_S},
    "gate": {"contact": "hold", "hold_s": _HOLD_S},
}
_BEATING = {"lines": {"heartbeat": {"pin": HEARTBEAT}}}


def _gate(work: Path, change: Mapping[str, Any], *, before: str = "") -> GateProcess:
    """A daemon whose relay has a mirror contact, and a dead-man timer if the settings ask for one."""
    gate = GateProcess(work, change, before=before)
    gate.chip.fit_mirror_contact()
    if change is _TIMED:
        gate.chip.fit_timer(_TIMEOUT_S, _MAX_ON_S)
    return gate


def _check_stopped(gate: GateProcess, detail: str, since_s: float) -> None:
    """The fault is in the journal once, the relay is not switched on any more, and the heartbeat stands still."""
    gate.wait_for_event(Event.OUTPUT_DIFFERS, since_s, detail, longest_s=3.0)
    fault = gate.wait_for_event(Event.FAULT, since_s, "an output does not follow", longest_s=3.0)
    gate.camera.scene = Scene.PEOPLE
    sleep(QUIET_S)
    writes = gate.chip.writes(HEARTBEAT)
    sleep(QUIET_S)
    if gate.chip.writes(HEARTBEAT) != writes:
        raise CheckFailed("the heartbeat still toggles")
    if any(change.level and change.at_s > fault.at_s for change in gate.chip.changes(RELAY)):
        raise CheckFailed("the relay was switched on after the fault")
    if gate.count(Event.OUTPUT_DIFFERS) != 1 or gate.count(Event.FAULT) != 1:
        raise CheckFailed("the fault is in the journal more than once")


def _repair(gate: GateProcess, name: str) -> float:
    """End the daemon, repair the line, and start the daemon. Returns the seconds to the next permission."""
    stop_and_count(gate)
    gate.chip.stick(name, None)
    at_s = monotonic()
    gate.start()
    return gate.wait_for_next_permit(at_s) - at_s


def _stuck(name: str, level: bool, settings: Mapping[str, Any], detail: str, work: Path, limit_s: float) -> FaultResult:
    """A line that is stuck while nobody is there; then a person comes."""
    with _gate(work, settings) as gate:
        at_s = monotonic()
        gate.chip.stick(name, level)
        _check_stopped(gate, detail, at_s)
        gate.wait_for_event(Event.PERSON, at_s)
        if gate.count(Event.PERMIT):
            raise CheckFailed("a permission is in the journal")
        back_s = _repair(gate, name)
        return FaultResult(
            "gives no permission and stops the heartbeat, until it is started again",
            None,
            Event.OUTPUT_DIFFERS,
            "a repair, and a start",
            back_s,
            stop_and_count(gate),
        )


def _stuck_on(work: Path, limit_s: float) -> FaultResult:
    """The relay's line is stuck high while a permission is on, so that nothing can switch it off."""
    with _gate(work, _BEATING) as gate:
        gate.wait_for_permit()
        gate.chip.stick(RELAY, True)
        at_s = monotonic()
        gate.camera.scene = Scene.NOBODY
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        _check_stopped(gate, "lines.permission (gate-relay) was switched off and reads on", at_s)
        back_s = _repair(gate, RELAY)
        return FaultResult(
            "commands the relay off and stops the heartbeat; the line stays high",
            relay_off_s,
            Event.OUTPUT_DIFFERS,
            "a repair, and a start",
            back_s,
            stop_and_count(gate),
        )


def _no_permission(
    name: str, level: bool, settings: Mapping[str, Any], detail: str, work: Path, limit_s: float
) -> FaultResult:
    """A line that cannot show a permission, which is found when the permission is given."""
    with _gate(work, settings) as gate:
        gate.chip.stick(name, level)
        sleep(QUIET_S)
        if gate.count(Event.FAULT):
            raise CheckFailed("there is a fault before the permission")
        gate.camera.scene = Scene.PEOPLE
        gate.wait_until("the relay is switched on", lambda: bool(gate.relay_since(0.0)))
        at_s = gate.relay_since(0.0)[0].at_s
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        _check_stopped(gate, detail, at_s)
        gate.wait_for_event(Event.WITHDRAWN, at_s)
        back_s = _repair(gate, name)
        return FaultResult(
            "withdraws the permission and stops the heartbeat, until it is started again",
            relay_off_s,
            Event.OUTPUT_DIFFERS,
            "a repair, and a start",
            back_s,
            stop_and_count(gate),
        )


def _never_ends(how: str, work: Path, limit_s: float) -> FaultResult:
    """The daemon does not end a permission, and its loop goes on; the dead-man timer ends it."""
    before = f"from tests.system.faults import fault_trigger; fault_trigger.{how}(); "
    with _gate(work, _TIMED, before=before) as gate:
        gate.wait_for_permit()
        fault_trigger.trigger(work)
        at_s = gate.relay_since(0.0)[0].at_s
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        if relay_off_s < _MAX_ON_S - 0.1:
            raise CheckFailed(f"something else than the timer ended the permission, after {relay_off_s:.2f} s")
        _check_stopped(gate, "lines.permission (gate-relay) was switched on and reads off", at_s)
        gate.kill()
        over_s = gate.run_gate_release()
        gate.start()
        back_s = gate.wait_for_next_permit(over_s) - over_s
        return FaultResult(
            "the dead-man timer ends the permission; then the daemon finds it, and stops the heartbeat",
            relay_off_s,
            Event.OUTPUT_DIFFERS,
            "a start",
            back_s,
            stop_and_count(gate),
        )


_row = partial(FaultRow, "lines")
_ON_READS_OFF = "lines.permission (gate-relay) was switched on and reads off"
_STEPS = "two steps of the loop, plus 1 s"
_FOLLOWS = "0.2 s for the contact, plus 1 s"
_TIMER = f"lines.max_on_s {_MAX_ON_S:g}, plus 1 s"

ROWS = (
    _row(
        "relay's line stuck high",
        "it reads high for ever, while nobody is there",
        None,
        "",
        partial(_stuck, RELAY, True, _BEATING, "lines.permission (gate-relay) was switched off and reads on"),
    ),
    _row(
        "relay's line stuck high in a permission",
        "it reads high for ever, from a permission on",
        3.2,
        "gate.grace_s 2, plus 1 s; what is commanded",
        _stuck_on,
        is_slow=True,
    ),
    _row(
        "relay's line stuck low",
        "it reads low for ever",
        1.2,
        _STEPS,
        partial(_no_permission, RELAY, False, _BEATING, _ON_READS_OFF),
    ),
    _row(
        "relay's contact missing",
        "lines.feedback: the wire of the mirror contact is cut",
        None,
        "",
        partial(_stuck, CONTACT, False, _FEEDBACK, "the relay was switched off, and its contact says on"),
    ),
    _row(
        "relay's contact stuck",
        "lines.feedback: the mirror contact stays closed",
        1.2,
        _FOLLOWS,
        partial(_no_permission, CONTACT, True, _FEEDBACK, "the relay was switched on, and its contact says off"),
    ),
    _row(
        "the daemon's clock stands still",
        "during a held permission; the overlay's dead-man timer is simulated",
        _MAX_ON_S + 1.0,
        _TIMER,
        partial(_never_ends, "freeze_clock"),
    ),
    _row(
        "a permission never ends",
        "the state machine gives it in every step; the dead-man timer is simulated",
        _MAX_ON_S + 1.0,
        _TIMER,
        partial(_never_ends, "never_release"),
        is_slow=True,
    ),
)
