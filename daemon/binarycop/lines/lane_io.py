"""The relay, lamps, heartbeat and inputs of one lane. Only the relay can let anybody through."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from types import TracebackType

from gpiozero import DigitalInputDevice, GPIOZeroError
from gpiozero.pins import Factory

from binarycop.errors import LineError
from binarycop.lines.checked_output import CheckedOutput
from binarycop.lines.devices import open_input, open_output
from binarycop.lines.guarded_relay import GuardedRelay
from binarycop.lines.passage_counter import PassageCounter
from binarycop.lines.patterns import is_lit
from binarycop.lines.release_delay import ReleaseDelay
from binarycop.settings.gate import Fail
from binarycop.settings.lines import InputSettings
from binarycop.settings.schema import LaneSettings, wires_of
from binarycop.settings.signals import LampPattern

FIRE_RELEASE_S = 1.0
"""A fire is over when its input has been inactive for this many seconds."""
_RELAY, _HEARTBEAT, _LAMPS = "lines.permission", "lines.heartbeat", "lines.lamps."
_PASSED, _READY, _FIRE = "lines.passed", "lines.ready", "lines.fire"
_OVERRIDE, _FEEDBACK = "lines.override", "lines.feedback"


@dataclass(frozen=True)
class LaneInputs:
    """What the lane reports: the number of passages since the last read, and the states now.

    Without the line in question the lane is ready, there is no fire and no override. A fire is over when its input has
    been inactive for ``FIRE_RELEASE_S``. passages_lost: how many passages at most were not counted since the last read,
    as the kernel dropped their edges.
    """

    passages: int
    ready: bool
    fire: bool
    override: bool
    passages_lost: int = 0


class LaneIo:
    """The open lines of one lane. Every output starts inactive.

    ``close`` switches the relay off. The other outputs keep the level that their chip's driver leaves. The constructor
    and the methods raise LineError if a line cannot be opened, read or driven.
    """

    def __init__(self, lane: LaneSettings, factory: Factory) -> None:
        self._relay_on_permits = lane.gate.fail is Fail.SECURE
        self._pins = {path: wire.pin for path, wire in wires_of(lane)}
        self._inputs: dict[str, DigitalInputDevice] = {}
        outputs: dict[str, CheckedOutput] = {}
        with ExitStack() as opened:
            for path, wire in wires_of(lane):
                if isinstance(wire, InputSettings):
                    self._inputs[path] = opened.enter_context(open_input(wire, factory))
                else:
                    device = opened.enter_context(open_output(wire, factory))
                    outputs[path] = CheckedOutput(path, wire.pin, device)
            self._passages = PassageCounter()
            if _PASSED in self._inputs:
                self._inputs[_PASSED].when_activated = self._passages.add
            self._opened = opened.pop_all()
        self._relay = GuardedRelay(
            outputs[_RELAY],
            outputs.get(_HEARTBEAT),
            partial(self._level, _FEEDBACK) if _FEEDBACK in self._inputs else None,
            f"{_FEEDBACK} ({self._pins.get(_FEEDBACK)})",
            has_on_limit=lane.lines.max_on_s is not None,
        )
        self._outputs = outputs
        self._lamps = {path.removeprefix(_LAMPS): lamp for path, lamp in outputs.items() if path.startswith(_LAMPS)}
        self._fire = ReleaseDelay(FIRE_RELEASE_S)
        self._failed: set[str] = set()
        self._new_faults: list[str] = []
        self._is_closed = False

    def __enter__(self) -> "LaneIo":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_relay_on(self) -> bool:
        """Whether the relay's coil is energised."""
        return self._relay.is_on

    @property
    def output_fault(self) -> str | None:
        """Why the relay or the heartbeat is faulty, in words; None if they have followed every command.

        It stays until the lines are opened again. From then on the relay is switched off at each drive, and the
        heartbeat stops.
        """
        return self._relay.fault

    def take_output_faults(self) -> tuple[str, ...]:
        """The outputs that were first seen not to follow since the last call, in words; each is reported once.

        A lamp is reported only here: it can let nobody through, so it is no fault of the gate.
        """
        faults, self._new_faults = tuple(self._new_faults), []
        return faults

    def drive(
        self, permission: bool, patterns: Mapping[str, LampPattern], now_s: float, *, renews: bool = False
    ) -> None:
        """Check that the outputs have followed the last drive; then drive relay and lamps, and toggle the heartbeat.

        Lamps without a pattern are off. now_s: monotonic. renews: this permission is not the one of the last drive, or
        has no limit of its own; so the maximum on-time of the dead-man timer starts again.
        """
        # With fail: open an energised coil is no permission, which has no limit.
        renews = renews or not self._relay_on_permits
        self._relay.drive(permission == self._relay_on_permits, now_s, renews=renews)
        self._report_once(_RELAY, self._relay.fault)
        for name, lamp in self._lamps.items():
            lit = lamp.read()
            self._report_once(lamp.path, lamp.fault(lit))
            lamp.set(is_lit(patterns.get(name, LampPattern.OFF), now_s), lit)

    def read(self, now_s: float) -> LaneInputs:
        """Read the inputs and reset the count of passages. now_s: monotonic."""
        return LaneInputs(
            passages=self._passages.take(),
            ready=self._level(_READY, without=True),
            fire=self._fire.step(self._level(_FIRE), now_s),
            override=self._level(_OVERRIDE),
            passages_lost=self._take_lost(),
        )

    def levels(self) -> dict[str, bool | None]:
        """Whether each wire is active now, by its key; None if it cannot be read."""
        levels: dict[str, bool | None] = {}
        for path in self._pins:
            try:
                levels[path] = self._outputs[path].read() if path in self._outputs else self._level(path)
            except LineError:
                levels[path] = None
        return levels

    def discard_passages(self) -> None:
        """Forget the passages that were reported until now."""
        self._passages.take()
        self._take_lost()

    def close(self) -> None:
        """Switch the relay off, then close all lines; may be called twice.

        Raises LineError if the relay cannot be driven; all lines are closed even then.
        """
        with self._opened:
            if not self._is_closed:
                self._is_closed = True
                self._relay.switch_off()

    def _report_once(self, path: str, fault: str | None) -> None:
        if fault is not None and path not in self._failed:
            self._failed.add(path)
            self._new_faults.append(fault)

    def _take_lost(self) -> int:
        device = self._inputs.get(_PASSED)
        return self._passages.take_lost(device.pin) if device else 0

    def _level(self, path: str, *, without: bool = False) -> bool:
        """Whether an input is active. without: the answer if the lane does not have it."""
        device = self._inputs.get(path)
        if device is None:
            return without
        try:
            return bool(device.value)
        except (GPIOZeroError, OSError) as error:
            raise LineError(self._pins[path], f"cannot be read: {error}") from error
