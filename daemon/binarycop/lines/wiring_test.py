"""The installer's wiring test: opens each line of a lane by itself, so that a missing one does not hide the others."""

from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

from gpiozero import DigitalInputDevice, DigitalOutputDevice, GPIOZeroError
from gpiozero.pins import Factory

from binarycop.errors import LineError
from binarycop.lines.devices import open_input, open_output
from binarycop.lines.output_walk import PulseResult, Wait, WalkResult, checked_words, pulse_output, walk_output
from binarycop.settings.lines import InputSettings
from binarycop.settings.schema import LaneSettings, wires_of

_RELAY, _HEARTBEAT, _FEEDBACK = "permission", "heartbeat", "feedback"


@dataclass(frozen=True)
class LineReport:
    """One line as it is now.

    name: its key below ``lines`` in the settings. active: None if the line cannot be opened; then ``problem`` says why.
    """

    gate: str
    name: str
    pin: str
    direction: str
    active: bool | None
    problem: str


class WiringTest:
    """Holds every line of a lane that can be opened, with all outputs inactive.

    Lines are named by their keys below ``lines`` in the settings: ``permission``, ``lamps.correct``, ``passed``, …
    """

    def __init__(self, lane: LaneSettings, factory: Factory) -> None:
        self._gate = lane.name
        self._outputs: dict[str, DigitalOutputDevice] = {}
        self._inputs: dict[str, DigitalInputDevice] = {}
        self._problems: dict[str, str] = {}
        self._pins: dict[str, str] = {}
        self._directions: dict[str, str] = {}
        with ExitStack() as opened:
            for path, line in wires_of(lane):
                name = path.removeprefix("lines.")
                self._pins[name] = line.pin
                self._directions[name] = "input" if isinstance(line, InputSettings) else "output"
                try:
                    if isinstance(line, InputSettings):
                        self._inputs[name] = opened.enter_context(open_input(line, factory))
                    else:
                        self._outputs[name] = opened.enter_context(open_output(line, factory))
                except LineError as error:
                    self._problems[name] = error.reason
            self._opened = opened.pop_all()

    def __enter__(self) -> "WiringTest":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def reports(self) -> list[LineReport]:
        """The state of every line of the lane now. Raises LineError if one cannot be read any more."""
        return [
            LineReport(
                gate=self._gate,
                name=name,
                pin=pin,
                direction=self._directions[name],
                active=self.level(name),
                problem=self._problems.get(name, ""),
            )
            for name, pin in self._pins.items()
        ]

    @property
    def outputs(self) -> list[str]:
        """The names of the lane's outputs, also of those that cannot be opened; the relay is the first."""
        return [name for name, direction in self._directions.items() if direction == "output"]

    def pulse(self, name: str, for_s: float, wait: Wait) -> PulseResult:
        """Make one output active for ``for_s`` seconds, and inactive again even if ``wait`` raises.

        wait: sleeps for so many seconds. Raises LineError if there is no such output, or it cannot be opened.
        """
        if name not in self._outputs:
            names = ", ".join(self._outputs) or "none"
            reason = f"is not an output of gate {self._gate}; outputs are {names}"
            raise LineError(name, self._problems.get(name, reason))
        on, off = pulse_output(name, self._outputs, self._inputs.get(_FEEDBACK), for_s, wait)
        return PulseResult(self._gate, name, self._pins[name], for_s, on, off)

    def walk_one(self, name: str, for_s: float, wait: Wait) -> WalkResult:
        """Drive one of ``outputs`` for ``for_s`` seconds, and check it. All of them are inactive before and after.

        wait: sleeps for so many seconds.
        """
        problems: tuple[str, ...] = (self._problems.get(name, ""),)
        feedback, checked = self._inputs.get(_FEEDBACK), ""
        if name in self._outputs:
            problems = walk_output(name, self._outputs, feedback, for_s, wait)
            checked = checked_words(name, self._outputs, feedback)
        if name == _RELAY:
            lacking = [other for other in (_HEARTBEAT, _FEEDBACK) if other in self._problems]
            problems += tuple(f"tested without {other}, which cannot be opened" for other in lacking)
        return WalkResult(self._gate, name, self._pins[name], problems, checked)

    def level(self, name: str) -> bool | None:
        """Whether a line is active now; None if it cannot be opened. Raises LineError if it cannot be read."""
        device = self._outputs.get(name) or self._inputs.get(name)
        try:
            return None if device is None else bool(device.value)
        except (GPIOZeroError, OSError) as error:
            raise LineError(self._pins[name], f"cannot be read: {error}") from error
