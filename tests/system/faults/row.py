"""A row of the matrix, and what every row ends with."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from binarycop.journal.events import Event
from tests.system.faults.gate import Broken, Gate

LOOK_S = 0.7  # to see that nothing happens


@dataclass(frozen=True)
class Outcome:
    """What one fault brought about.

    released_s: from the fault to the coil released; None where it was not energised, or rightly stays so. reads: what
    the operator reads, an event or the last line before the end. back_s: from the fault's end to the next permission.
    """

    did: str
    released_s: float | None
    reads: Event | str
    recovers: str
    back_s: float | None
    counts: str


@dataclass(frozen=True)
class Row:
    """One fault.

    limit_s: by when the coil is released, None where it need not be; reason: what sets that limit. is_slow: slow, or
    much like another, and left out where there is little time.
    """

    room: str
    fault: str
    how: str
    limit_s: float | None
    reason: str
    carry_out: Callable[[Path, float], Outcome]
    is_slow: bool = False


def conclude(gate: Gate, *, withheld: bool = False) -> str:
    """End the daemon in order, and add up what it counted. Raises Broken.

    withheld: whether frames of a frozen picture were not handed on; else every frame was looked at or dropped.
    """
    gate.signal(signal.SIGTERM)
    code = gate.ended()
    if code:
        raise Broken(f"it ended with {code}: {gate.last_words()}")
    said = gate.summary()
    for name, event in (("permits", Event.PERMIT), ("refusals", Event.REFUSE), ("passed", Event.PASSED)):
        if said[name] != gate.count(event):
            raise Broken(f"{said[name]} {name} in the summary, {gate.count(event)} in the journal")
    missing = said["captured"] - said["frames"] - said["dropped"]
    # One may wait in between when it ends.
    if missing < 0 or (missing > 1 and not withheld):
        raise Broken(f"{said['captured']} frames in, {said['frames']} looked at, {said['dropped']} dropped")
    kept = f", {missing} withheld" if missing > 1 else ""
    return (
        f"{said['captured']} frames in, {said['frames']} looked at, {said['dropped']} dropped{kept}; {gate.account()}"
    )


def started_again(gate: Gate) -> float:
    """What systemd does after an end that nobody asked for: gate-release, then a start. Seconds to a permission."""
    at_s = gate.stop_post()
    gate.stays_released(at_s)
    gate.start()
    return gate.permit_again(at_s) - at_s


def look(gate: Gate, since_s: float) -> None:
    """Nothing is permitted meanwhile. Raises Broken."""
    sleep(LOOK_S)
    gate.stays_released(since_s)
