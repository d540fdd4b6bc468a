"""One row of the fault table, its result, and the steps with which every row ends."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from binarycop.journal.events import Event
from tests.system.faults.gate_process import CheckFailed, GateProcess

QUIET_S = 0.7  # how long a check waits to see that nothing happens


@dataclass(frozen=True)
class FaultResult:
    """What the gate did after one fault.

    relay_off_s: time from the fault until the relay was off; None if the relay was not on, or rightly stays on.
    message: what the operator reads: an event, or the last line before the daemon ended. back_s: time from the end of
    the fault to the next permission.
    """

    reaction: str
    relay_off_s: float | None
    message: Event | str
    recovery: str
    back_s: float | None
    counts: str


@dataclass(frozen=True)
class FaultRow:
    """One fault.

    group: the table in which the row is printed. injection: how the fault is made, in words. limit_s: when the relay
    must be off; None if it need not be. limit_reason: what sets that limit. inject: makes the fault in an empty folder,
    with this limit. is_slow: the row is slow or similar to another one, and ``brief`` leaves it out.
    """

    group: str
    fault: str
    injection: str
    limit_s: float | None
    limit_reason: str
    inject: Callable[[Path, float], FaultResult]
    is_slow: bool = False


def stop_and_count(gate: GateProcess) -> str:
    """Stop the daemon with SIGTERM and check its counts. Raises CheckFailed."""
    gate.signal(signal.SIGTERM)
    code = gate.wait_for_exit()
    if code:
        raise CheckFailed(f"the exit code is {code}: {gate.last_line()}")
    summary = gate.summary()
    for name, event in (("permits", Event.PERMIT), ("refusals", Event.REFUSE), ("passed", Event.PASSED)):
        if summary[name] != gate.count(event):
            raise CheckFailed(f"{summary[name]} {name} in the summary, {gate.count(event)} in the journal")
    captured = summary["captured"]
    counts = f"{summary['frames']} processed, {summary['dropped']} dropped, {summary['withheld']} withheld"
    # One frame may wait for the loop when the daemon is stopped.
    if captured - summary["frames"] - summary["dropped"] - summary["withheld"] not in (0, 1):
        raise CheckFailed(f"{captured} frames captured, {counts}")
    return f"frames: {captured} captured, {counts}; {gate.check_permits()}"


def restart(gate: GateProcess) -> float:
    """Do what systemd does after an unexpected end: gate-release, then a start. Returns the seconds to a permission."""
    at_s = gate.run_gate_release()
    gate.check_relay_off(at_s)
    gate.start()
    return gate.wait_for_next_permit(at_s) - at_s


def check_no_permission(gate: GateProcess, since_s: float) -> None:
    """Wait for a moment and check that the relay has stayed off since ``since_s``. Raises CheckFailed."""
    sleep(QUIET_S)
    gate.check_relay_off(since_s)
