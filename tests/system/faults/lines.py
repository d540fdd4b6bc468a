"""Faults of the GPIO lines, and inputs that are stuck."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic, sleep

from binarycop.journal.events import Event
from tests.system.faults.fake_camera import Scene
from tests.system.faults.fake_chip import RELAY
from tests.system.faults.fault_row import QUIET_S, FaultResult, FaultRow, check_no_permission, restart, stop_and_count
from tests.system.faults.gate_process import CheckFailed, GateProcess

_NO_LINE = 6
_OVERRIDE_S, _OVERRIDE_RELEASE_S = 2, 0.5


def _refused(damage: Callable[[GateProcess], None], repair: Callable[[GateProcess], None], work: Path) -> FaultResult:
    gate = GateProcess(work, starts_ready=False)
    damage(gate)
    with gate:
        code = gate.wait_for_exit()
        if code != _NO_LINE:
            raise CheckFailed(f"the exit code is {code}: {gate.last_line()}")
        message = gate.last_line()
        check_no_permission(gate, 0.0)
        repair(gate)
        at_s = monotonic()
        gate.start()
        back_s = gate.wait_for_next_permit(at_s) - at_s
        return FaultResult(
            "does not start, exit code 6",
            None,
            message,
            "Restart=, once the line can be opened",
            back_s,
            stop_and_count(gate),
        )


def _line_in_use(work: Path, limit_s: float) -> FaultResult:
    return _refused(lambda gate: gate.chip.claim(RELAY), lambda gate: gate.chip.free(RELAY), work)


def _access_denied(work: Path, limit_s: float) -> FaultResult:
    return _refused(lambda gate: gate.chip.deny_access(True), lambda gate: gate.chip.deny_access(False), work)


def _chip_lost(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        gate.chip.disconnect()
        code = gate.wait_for_exit()
        if code != _NO_LINE:
            raise CheckFailed(f"the exit code is {code}: {gate.last_line()}")
        message = gate.last_line()
        gate.chip.reconnect()
        gate.run_gate_release()
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        back_s = restart(gate)
        return FaultResult(
            "ends with exit code 6; gate-release switches the relay off, once the chip is back",
            relay_off_s,
            message,
            "Restart=",
            back_s,
            stop_and_count(gate),
        )


def _fire(work: Path, limit_s: float) -> FaultResult:
    settings = {"lines": {"fire": {"pin": "fire"}}, "gate": {"fire_level": "withhold"}}
    with GateProcess(work, settings) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        gate.chip.drive("fire", True)
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        gate.wait_for_event(Event.FIRE, at_s, "active")
        check_no_permission(gate, at_s)
        over_s = monotonic()
        gate.chip.drive("fire", False)
        back_s = gate.wait_for_next_permit(over_s) - over_s
        return FaultResult(
            "gives no permission while the input is active",
            relay_off_s,
            Event.FIRE,
            "by itself",
            back_s,
            stop_and_count(gate),
        )


def _ready(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work, {"lines": {"ready": {"pin": "ready"}}}) as gate:
        gate.camera.scene = Scene.PEOPLE
        gate.wait_for_event(Event.VERDICT, 0.0, "correct")
        check_no_permission(gate, 0.0)
        at_s = monotonic()
        gate.chip.drive("ready", True)
        back_s = gate.wait_for_next_permit(at_s) - at_s
        return FaultResult(
            "gives no permission while the speed gate is not ready",
            None,
            Event.VERDICT,
            "by itself",
            back_s,
            stop_and_count(gate),
        )


def _override(work: Path, limit_s: float) -> FaultResult:
    times = {"override_s": _OVERRIDE_S, "override_release_s": _OVERRIDE_RELEASE_S}
    settings = {"lines": {"override": {"pin": "override"}}, "gate": times}
    with GateProcess(work, settings) as gate:
        sleep(2 * _OVERRIDE_RELEASE_S)  # an input that is active from the start counts for nothing
        at_s = monotonic()
        gate.chip.drive("override", True)
        gate.wait_until("the override switches the relay on", lambda: gate.chip.level(RELAY))
        gate.override_rises = 1
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        sleep(QUIET_S)
        if gate.chip.level(RELAY):
            raise CheckFailed("the override switched the relay on again")
        back_s = gate.wait_for_next_permit(at_s + relay_off_s) - at_s - relay_off_s
        return FaultResult(
            "ends the permission after gate.override_s",
            relay_off_s,
            Event.OVERRIDE,
            "by itself",
            back_s,
            stop_and_count(gate),
        )


_row = partial(FaultRow, "lines")


ROWS = (
    _row("relay's line in use", "another program has it: opening the line fails with EBUSY", None, "", _line_in_use),
    _row("chip access denied", "opening the chip fails with EACCES", None, "", _access_denied, is_slow=True),
    _row(
        "chip lost during a permission",
        "its lines answer ENODEV; then the chip is back",
        4.0,
        "one step of the loop, and the unit's stop",
        _chip_lost,
    ),
    _row("fire input stuck", "always active, with fire_level withhold", 1.0, "one step of the loop", _fire),
    _row("ready input stuck", "always inactive", None, "", _ready, is_slow=True),
    _row("override input stuck", "always active", _OVERRIDE_S + 1.0, "gate.override_s 2, plus 1 s", _override),
)
