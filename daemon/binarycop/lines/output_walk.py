"""The output test: drives one output after another, and checks what each reads and what the relay's contact says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil

from gpiozero import DigitalInputDevice, DigitalOutputDevice, GPIOZeroError

from binarycop.errors import LineError
from binarycop.lines.checked_output import word
from binarycop.lines.output_check import FEEDBACK_S

HEARTBEAT_PERIOD_S = 0.1
TIMER_S = 0.7  # by when the dead-man timer, which waits 0.5 s, must have ended a permission
_SETTLE_S = FEEDBACK_S + 0.05
_RELAY, _HEARTBEAT = "permission", "heartbeat"

Wait = Callable[[float], object]


@dataclass(frozen=True)
class Reading:
    """What was read after a command: the output's own level, and the relay's contact.

    contact: None if the lane has none, if this output is not the relay, or if the contact had no time to follow.
    """

    output: bool
    contact: bool | None = None

    def differences(self, commanded: bool) -> tuple[str, ...]:
        """What does not agree with the command, in words."""
        found = []
        if self.output != commanded:
            found.append(f"switched {word(commanded)}, it reads {word(not commanded)}")
        if self.contact is not None and self.contact != commanded:
            found.append(f"switched {word(commanded)}, the relay's contact says {word(not commanded)}")
        return tuple(found)


@dataclass(frozen=True)
class PulseResult:
    """What one pulse did. on, off: read at its end, and after it. name: the output's key below ``lines``."""

    gate: str
    name: str
    pin: str
    for_s: float
    on: Reading
    off: Reading

    @property
    def problems(self) -> tuple[str, ...]:
        """What did not follow, in words; none if the output did what it was commanded."""
        return tuple(dict.fromkeys(self.on.differences(True) + self.off.differences(False)))


@dataclass(frozen=True)
class WalkResult:
    """What one output did. name: its key below ``lines``. problems: what was wrong, in words; none if it passed.

    checked: what was compared, in words.
    """

    gate: str
    name: str
    pin: str
    problems: tuple[str, ...]
    checked: str = ""


def hold(heartbeat: DigitalOutputDevice | None, for_s: float, wait: Wait) -> None:
    """Wait for ``for_s`` seconds, and toggle the heartbeat meanwhile: without it no permission gets through."""
    beats = ceil(for_s / HEARTBEAT_PERIOD_S) if heartbeat else 1
    for _ in range(beats):
        wait(for_s / beats)
        if heartbeat:
            heartbeat.toggle()


def pulse_output(
    name: str,
    outputs: Mapping[str, DigitalOutputDevice],
    feedback: DigitalInputDevice | None,
    for_s: float,
    wait: Wait,
) -> tuple[Reading, Reading]:
    """Make one output active for ``for_s`` seconds, and inactive again even if ``wait`` raises.

    If the lane has a heartbeat, it is toggled meanwhile, since without it the dead-man timer lets no permission
    through, and is inactive afterwards. feedback: the relay's contact; a pulse shorter than it needs to follow does not
    read it. Returns what was read at the pulse's end and after it. Raises LineError if the output cannot be driven or
    read.
    """
    output = outputs[name]
    heartbeat = outputs.get(_HEARTBEAT) if name != _HEARTBEAT else None
    contact = feedback if name == _RELAY else None
    try:
        try:
            if heartbeat:
                heartbeat.toggle()  # the timer accepts only a permission that is set while the heartbeat runs
            output.on()
            hold(heartbeat, for_s, wait)
            on = _read(output, contact if for_s >= _SETTLE_S else None)
        finally:
            output.off()
            if heartbeat:
                heartbeat.off()  # an odd number of changes has left it on
        if contact is not None:
            wait(_SETTLE_S)
        return on, _read(output, contact)
    except (GPIOZeroError, OSError) as error:
        raise LineError(name, f"cannot be driven or read: {error}") from error


def walk_output(
    name: str,
    outputs: Mapping[str, DigitalOutputDevice],
    feedback: DigitalInputDevice | None,
    for_s: float,
    wait: Wait,
) -> tuple[str, ...]:
    """Drive one output on for ``for_s`` seconds, and off again even if ``wait`` raises. Returns what was wrong.

    Each output is driven with heartbeats, if the lane has a heartbeat; for the permission they stop while it is on, and
    the dead-man timer must end it. The heartbeat is inactive afterwards. feedback: the relay's contact, which must
    follow too.
    """
    output = outputs[name]
    heartbeat = outputs.get(_HEARTBEAT) if name != _HEARTBEAT else None
    contact = feedback if name == _RELAY else None
    problems: list[str] = []
    try:
        problems += _read(output, contact).differences(False)
        try:
            if heartbeat:
                heartbeat.toggle()  # the timer accepts only a permission that is set while the heartbeat runs
            output.on()
            hold(heartbeat, max(for_s, _SETTLE_S), wait)
            problems += _read(output, contact).differences(True)
            if heartbeat and name == _RELAY and not problems:
                wait(TIMER_S)
                if output.value:
                    problems.append(f"the dead-man timer did not end it {TIMER_S:g} s after the last heartbeat")
        finally:
            output.off()
            if heartbeat:
                heartbeat.off()  # an odd number of changes has left it on
        wait(_SETTLE_S)
        problems += _read(output, contact).differences(False)
    except (GPIOZeroError, OSError) as error:
        problems.append(f"cannot be driven or read: {error}")
    return tuple(dict.fromkeys(problems))  # a problem both before and after is reported once


def checked_words(name: str, outputs: Mapping[str, DigitalOutputDevice], feedback: DigitalInputDevice | None) -> str:
    """What ``walk_output`` compares for this output, in words."""
    words = "read back off, on, off"
    if name == _RELAY and feedback is not None:
        words += "; the relay's contact likewise"
    if name == _RELAY and _HEARTBEAT in outputs:
        words += "; ended by the dead-man timer without heartbeats"
    return words


def _read(output: DigitalOutputDevice, contact: DigitalInputDevice | None) -> Reading:
    return Reading(bool(output.value), None if contact is None else bool(contact.value))
