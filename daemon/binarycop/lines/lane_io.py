"""One lane's wires. The coil of the permission relay is the only thing here that can open anything."""

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
    """What the lane reports: passages since the last look, and the levels now.

    Where there is no such line the lane is ready, there is no fire, and nobody overrides.
    """

    passages: int
    ready: bool
    fire: bool
    override: bool


class LaneIo:
    """Relay, lamps and inputs of one lane; every wire starts released, and ``close`` leaves it so.

    Raises LineError, in the constructor and in use, where a line cannot be had or driven.
    """

    def __init__(self, lane: LaneSettings, factory: Factory) -> None:
        self._energised_permits = lane.gate.fail is Fail.SECURE
        self._passages = _Counter()
        with ExitStack() as opened:
            lines = lane.lines

            def lent(line: InputSettings | None) -> DigitalInputDevice | None:
                return opened.enter_context(open_input(line, factory)) if line else None

            self._coil = opened.enter_context(open_output(lines.permission, factory))
            self._lamps = {name: opened.enter_context(open_output(lamp, factory)) for name, lamp in lines.lamps.items()}
            self._heartbeat = opened.enter_context(open_output(lines.heartbeat, factory)) if lines.heartbeat else None
            self._passed = lent(lines.passed)
            self._ready = lent(lines.ready)
            self._fire = lent(lines.fire)
            self._override = lent(lines.override)
            self._names = self._pins(lane)
            if self._passed is not None:
                # Counted on the edge, since a short pulse may begin and end between two looks.
                self._passed.when_activated = self._passages.add
            self._opened = opened.pop_all()

    def __enter__(self) -> "LaneIo":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def coil(self) -> bool:
        """Whether the relay's coil is energised."""
        return bool(self._coil.value)

    def drive(self, permission: bool, patterns: Mapping[str, LampPattern], now_s: float) -> None:
        """Drive relay and lamps, and beat once; lamps that ``patterns`` does not name are off."""
        self._set_level(self._coil, permission == self._energised_permits)
        for name, lamp in self._lamps.items():
            self._set_level(lamp, is_lit(patterns.get(name, LampPattern.OFF), now_s))
        if self._heartbeat is not None:
            # By the gate's own step and by nothing else: a thread could outlive what it vouches for.
            self._write(self._heartbeat, not self._level(self._heartbeat))

    def read(self) -> LaneInputs:
        """Look at the inputs."""
        return LaneInputs(
            passages=self._passages.take(),
            ready=self._ready is None or self._level(self._ready),
            fire=self._fire is not None and self._level(self._fire),
            override=self._override is not None and self._level(self._override),
        )

    def close(self) -> None:
        """Release the coil first, then everything else; may be called twice.

        Raises LineError where the coil cannot be driven, after all lines were given back.
        """
        with self._opened:
            if not self._coil.closed:
                self._write(self._coil, False)

    def _pins(self, lane: LaneSettings) -> dict[int, str]:
        """The pin of each device, for messages."""
        lines = lane.lines
        inputs = ((self._passed, lines.passed), (self._ready, lines.ready), (self._fire, lines.fire))
        pins = {id(self._coil): lines.permission.pin}
        pins |= {id(self._lamps[name]): lamp.pin for name, lamp in lines.lamps.items()}
        pins |= {id(self._heartbeat): lines.heartbeat.pin} if lines.heartbeat else {}
        pins |= {id(device): line.pin for device, line in (*inputs, (self._override, lines.override)) if line}
        return pins

    def _set_level(self, device: DigitalOutputDevice, level: bool) -> None:
        if self._level(device) != level:
            self._write(device, level)

    def _write(self, device: DigitalOutputDevice, level: bool) -> None:
        try:
            device.value = level
        except (GPIOZeroError, OSError) as error:
            raise LineError(self._names[id(device)], f"cannot be driven: {error}") from error

    def _level(self, device: DigitalInputDevice | DigitalOutputDevice) -> bool:
        try:
            return bool(device.value)
        except (GPIOZeroError, OSError) as error:
            raise LineError(self._names[id(device)], f"cannot be read: {error}") from error


class _Counter:
    """Counts edges on the factory's thread, and is emptied on the service's."""

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
    """An output line, released. Raises LineError."""

    def make() -> DigitalOutputDevice:
        return DigitalOutputDevice(line.pin, active_high=line.active_high, initial_value=False, pin_factory=factory)

    return _guarded(line, make)


def open_input(line: InputSettings, factory: Factory) -> DigitalInputDevice:
    """An input line with its bias and debounce. Raises LineError."""

    def make() -> DigitalInputDevice:
        device = DigitalInputDevice(line.pin, pull_up=None, active_state=line.active_high, pin_factory=factory)
        try:
            if line.bias is not Bias.NONE:
                # gpiozero ties the pull to the active state; a lane's contact may be wired either way.
                device.pin.pull = line.bias.value
            # Only now: the kernel answers with the level from before the pull while it debounces.
            device.pin.bounce = line.debounce_s or None
        except BaseException:
            device.close()
            raise
        return device

    return _guarded(line, make)


def _guarded(line: LineSettings | InputSettings, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (GPIOZeroError, OSError) as error:
        raise LineError(line.pin, f"cannot be had: {error}") from error
