"""The relay, lamps, heartbeat and inputs of one lane. Only the relay can let anybody through."""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from gpiozero import DigitalInputDevice, DigitalOutputDevice, GPIOZeroError
from gpiozero.pins import Factory

from binarycop.errors import LineError
from binarycop.lines.patterns import is_lit
from binarycop.settings.gate import Fail
from binarycop.settings.lines import Bias, InputSettings, LineSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.signals import LampPattern


@dataclass(frozen=True)
class LaneInputs:
    """What the lane reports: the number of passages since the last read, and the levels now.

    Without the line in question the lane is ready, there is no fire and no override.
    """

    passages: int
    ready: bool
    fire: bool
    override: bool


class LaneIo:
    """The open lines of one lane. Every output starts inactive.

    ``close`` switches the relay off. The other outputs keep the level that their chip's driver leaves. The constructor
    and the methods raise LineError if a line cannot be opened, read or driven.
    """

    def __init__(self, lane: LaneSettings, factory: Factory) -> None:
        self._relay_on_permits = lane.gate.fail is Fail.SECURE
        self._passages = _EdgeCounter()
        with ExitStack() as opened:
            lines = lane.lines

            def open_if_set(line: InputSettings | None) -> DigitalInputDevice | None:
                return opened.enter_context(open_input(line, factory)) if line else None

            self._relay = opened.enter_context(open_output(lines.permission, factory))
            self._lamps = {name: opened.enter_context(open_output(lamp, factory)) for name, lamp in lines.lamps.items()}
            self._heartbeat = opened.enter_context(open_output(lines.heartbeat, factory)) if lines.heartbeat else None
            self._passed = open_if_set(lines.passed)
            self._ready = open_if_set(lines.ready)
            self._fire = open_if_set(lines.fire)
            self._override = open_if_set(lines.override)
            self._pin_names = self._names_by_device(lane)
            self._written = dict.fromkeys(self._pin_names, False)
            if self._passed is not None:
                # Edges are counted, as a short pulse may begin and end between two reads.
                self._passed.when_activated = self._passages.add
            self._opened = opened.pop_all()

    def __enter__(self) -> "LaneIo":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_relay_on(self) -> bool:
        """Whether the relay's coil is energised."""
        return bool(self._relay.value)

    def drive(self, permission: bool, patterns: Mapping[str, LampPattern], now_s: float) -> None:
        """Drive relay and lamps, and toggle the heartbeat. Lamps without a pattern are off. ``now_s``: monotonic."""
        self._set_level(self._relay, permission == self._relay_on_permits)
        for name, lamp in self._lamps.items():
            self._set_level(lamp, is_lit(patterns.get(name, LampPattern.OFF), now_s))
        if self._heartbeat is not None:
            # Only the gate's own step toggles it: another thread could go on while the gate hangs.
            self._write(self._heartbeat, not self._level(self._heartbeat))

    def read(self) -> LaneInputs:
        """Read the inputs and reset the count of passages."""
        return LaneInputs(
            passages=self._passages.take(),
            ready=self._ready is None or self._level(self._ready),
            fire=self._fire is not None and self._level(self._fire),
            override=self._override is not None and self._level(self._override),
        )

    def close(self) -> None:
        """Switch the relay off, then close all lines; may be called twice.

        Raises LineError if the relay cannot be driven; all lines are closed even then.
        """
        with self._opened:
            if not self._relay.closed:
                self._write(self._relay, False)

    def _names_by_device(self, lane: LaneSettings) -> dict[int, str]:
        """The pin's name for each device, by the device's ``id``, for messages."""
        lines = lane.lines
        inputs = ((self._passed, lines.passed), (self._ready, lines.ready), (self._fire, lines.fire))
        pins = {id(self._relay): lines.permission.pin}
        pins |= {id(self._lamps[name]): lamp.pin for name, lamp in lines.lamps.items()}
        pins |= {id(self._heartbeat): lines.heartbeat.pin} if lines.heartbeat else {}
        pins |= {id(device): line.pin for device, line in (*inputs, (self._override, lines.override)) if line}
        return pins

    def _set_level(self, device: DigitalOutputDevice, level: bool) -> None:
        # Both must agree: while the dead-man timer holds the pin low, an output that is set reads back as inactive. If
        # it were not cleared then, the timer would let no later permission through.
        if self._level(device) != level or self._written[id(device)] != level:
            self._write(device, level)

    def _write(self, device: DigitalOutputDevice, level: bool) -> None:
        try:
            device.value = level
        except (GPIOZeroError, OSError) as error:
            raise LineError(self._pin_names[id(device)], f"cannot be driven: {error}") from error
        self._written[id(device)] = level

    def _level(self, device: DigitalInputDevice | DigitalOutputDevice) -> bool:
        try:
            return bool(device.value)
        except (GPIOZeroError, OSError) as error:
            raise LineError(self._pin_names[id(device)], f"cannot be read: {error}") from error


class _EdgeCounter:
    """Counts edges on the pin factory's thread; the lane's thread reads and resets the count."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def add(self) -> None:
        with self._lock:
            self._count += 1

    def take(self) -> int:
        with self._lock:
            count, self._count = self._count, 0
            return count


def open_output(line: LineSettings, factory: Factory) -> DigitalOutputDevice:
    """Open an output line, inactive. Raises LineError."""

    def make() -> DigitalOutputDevice:
        return DigitalOutputDevice(line.pin, active_high=line.active_high, initial_value=False, pin_factory=factory)

    return _opened(line, make)


def open_input(line: InputSettings, factory: Factory) -> DigitalInputDevice:
    """Open an input line with its bias and debounce time. Raises LineError."""

    def make() -> DigitalInputDevice:
        device = DigitalInputDevice(line.pin, pull_up=None, active_state=line.active_high, pin_factory=factory)
        try:
            if line.bias is not Bias.NONE:
                # gpiozero derives the active state from the pull; a lane's contact may be wired either way.
                device.pin.pull = line.bias.value
            # After the pull: while the kernel debounces, it answers with the level from before the pull.
            device.pin.bounce = line.debounce_s or None
        except BaseException:
            device.close()
            raise
        return device

    return _opened(line, make)


def _opened(line: LineSettings | InputSettings, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (GPIOZeroError, OSError) as error:
        raise LineError(line.pin, f"cannot be opened: {error}") from error
