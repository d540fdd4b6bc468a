"""The output test: drives one output after another, and checks what each reads and what the relay's contact says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil

from gpiozero import DigitalInputDevice, DigitalOutputDevice, GPIOZeroError

from binarycop.lines.checked_output import word
from binarycop.lines.output_check import FEEDBACK_S

HEARTBEAT_PERIOD_S = 0.1
TIMER_S = 0.7  # by when the dead-man timer, which waits 0.5 s, must have ended a permission
_SETTLE_S = FEEDBACK_S + 0.05
_RELAY, _HEARTBEAT = "permission", "heartbeat"

Wait = Callable[[float], object]


@dataclass(frozen=True)
class WalkResult:
    """What one output did. name: its key below ``lines``. problems: what was wrong, in words; none if it passed."""

    gate: str
    name: str
    pin: str
    problems: tuple[str, ...]

    @property
    def has_passed(self) -> bool:
        """Whether the output did what it was commanded."""
        return not self.problems


def hold(output: DigitalOutputDevice, heartbeat: DigitalOutputDevice | None, for_s: float, wait: Wait) -> None:
    """Wait for ``for_s`` seconds, and toggle the heartbeat meanwhile: without it no permission gets through."""
    beats = ceil(for_s / HEARTBEAT_PERIOD_S) if heartbeat and heartbeat is not output else 1
    for _ in range(beats):
        wait(for_s / beats)
        if heartbeat and heartbeat is not output:
            heartbeat.toggle()


def walk_output(
    name: str,
    outputs: Mapping[str, DigitalOutputDevice],
    feedback: DigitalInputDevice | None,
    for_s: float,
    wait: Wait,
) -> tuple[str, ...]:
    """Drive one output on for ``for_s`` seconds, and off again even if ``wait`` raises. Returns what was wrong.

    The permission is driven with heartbeats, if the lane has one; then the heartbeats stop while it is on, and the
    dead-man timer must end it. feedback: the relay's contact, which must follow too.
    """
    output = outputs[name]
    heartbeat = outputs.get(_HEARTBEAT) if name != _HEARTBEAT else None
    contact = feedback if name == _RELAY else None
    problems: list[str] = []

    def check(commanded: bool) -> None:
        if bool(output.value) != commanded:
            problems.append(f"switched {word(commanded)}, it reads {word(not commanded)}")
        if contact is not None and bool(contact.value) != commanded:
            problems.append(f"switched {word(commanded)}, the relay's contact says {word(not commanded)}")

    try:
        check(False)
        try:
            if heartbeat:
                heartbeat.toggle()  # the timer accepts only a permission that is set while the heartbeat runs
            output.on()
            hold(output, heartbeat, max(for_s, _SETTLE_S), wait)
            check(True)
            if heartbeat and name == _RELAY and not problems:
                wait(TIMER_S)
                if output.value:
                    problems.append(f"the dead-man timer did not end it {TIMER_S:g} s after the last heartbeat")
        finally:
            output.off()
        wait(_SETTLE_S)
        check(False)
    except (GPIOZeroError, OSError) as error:
        problems.append(f"cannot be driven or read: {error}")
    return tuple(dict.fromkeys(problems))  # what is wrong before and after is said once
