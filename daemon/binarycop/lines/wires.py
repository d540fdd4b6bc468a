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
from binarycop.settings.schema import Fail, LaneSettings, LineSettings, Pattern


@dataclass(frozen=True)
class LaneInputs:
    """What the lane reports: passages since the last look; the levels now (where there is no line: ready, no fire)."""

    passages: int
    ready: bool
    fire: bool


class Wires:
    """Relay, lamps and inputs of one lane; every wire starts released, and ``close`` leaves it so.

    Raises LineError, in the constructor and in use, where a line cannot be had or driven.
    """

    def __init__(self, lane: LaneSettings, factory: Factory) -> None:
        self._energised_permits = lane.gate.fail is Fail.SECURE
        self._passages = _Counter()
        with ExitStack() as opened:
            lines = lane.lines
            self._coil = opened.enter_context(_output(lines.permission, factory))
            self._lamps = {name: opened.enter_context(_output(lamp, factory)) for name, lamp in lines.lamps.items()}
            self._passed = _input(lines.passed, factory, opened)
            self._ready = _input(lines.ready, factory, opened)
            self._fire = _input(lines.fire, factory, opened)
            self._names = {id(device): line.pin for device, line in self._pairs(lane)}
            if self._passed is not None:
                # Counted on the edge, since a short pulse may begin and end between two looks.
                self._passed.when_activated = self._passages.add
            self._opened = opened.pop_all()

    def __enter__(self) -> "Wires":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def coil(self) -> bool:
        """Whether the relay's coil is energised."""
        return bool(self._coil.value)

    def show(self, permission: bool, patterns: Mapping[str, Pattern], now_s: float) -> None:
        """Drive relay and lamps; lamps that ``patterns`` does not name are off."""
        self._drive(self._coil, permission == self._energised_permits)
        for name, lamp in self._lamps.items():
            self._drive(lamp, is_lit(patterns.get(name, Pattern.OFF), now_s))

    def read(self) -> LaneInputs:
        """Look at the inputs."""
        return LaneInputs(
            passages=self._passages.take(),
            ready=self._ready is None or self._level(self._ready),
            fire=self._fire is not None and self._level(self._fire),
        )

    def close(self) -> None:
        """Release the coil first, then everything else; may be called twice.

        Raises LineError where the coil cannot be driven, after all lines were given back.
        """
        with self._opened:
            if not self._coil.closed:
                self._write(self._coil, False)

    def _pairs(self, lane: LaneSettings) -> list[tuple[Any, LineSettings]]:
        lines = lane.lines
        pairs: list[tuple[Any, LineSettings | None]] = [(self._coil, lines.permission)]
        pairs += [(self._lamps[name], lamp) for name, lamp in lines.lamps.items()]
        pairs += [(self._passed, lines.passed), (self._ready, lines.ready), (self._fire, lines.fire)]
        return [(device, line) for device, line in pairs if device is not None and line is not None]

    def _drive(self, device: DigitalOutputDevice, level: bool) -> None:
        if bool(device.value) != level:
            self._write(device, level)

    def _write(self, device: DigitalOutputDevice, level: bool) -> None:
        try:
            device.value = level
        except (GPIOZeroError, OSError) as error:
            raise LineError(self._names[id(device)], f"cannot be driven: {error}") from error

    def _level(self, device: DigitalInputDevice) -> bool:
        try:
            return bool(device.is_active)
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


def _output(line: LineSettings, factory: Factory) -> DigitalOutputDevice:
    def make() -> DigitalOutputDevice:
        return DigitalOutputDevice(line.pin, active_high=line.active_high, initial_value=False, pin_factory=factory)

    return _guarded(line, make)


def _input(line: LineSettings | None, factory: Factory, opened: ExitStack) -> DigitalInputDevice | None:
    if line is None:
        return None

    def make() -> DigitalInputDevice:
        return DigitalInputDevice(line.pin, pull_up=None, active_state=line.active_high, pin_factory=factory)

    return opened.enter_context(_guarded(line, make))


def _guarded(line: LineSettings, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (GPIOZeroError, OSError) as error:
        raise LineError(line.pin, f"cannot be had: {error}") from error
