"""The relay, lamps, heartbeat and inputs of one lane. Only the relay can let anybody through."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

from gpiozero import DigitalInputDevice, GPIOZeroError
from gpiozero.pins import Factory

from binarycop.errors import LineError
from binarycop.lines.checked_output import CheckedOutput, word
from binarycop.lines.devices import open_input, open_output
from binarycop.lines.output_check import LATE_S, FeedbackCheck
from binarycop.lines.passage_counter import PassageCounter
from binarycop.lines.patterns import is_lit
from binarycop.lines.release_delay import ReleaseDelay
from binarycop.settings.gate import Fail
from binarycop.settings.lines import InputSettings
from binarycop.settings.schema import LaneSettings, wires_of
from binarycop.settings.signals import LampPattern

FIRE_RELEASE_S = 1.0
_RENEW_S = 1.0
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
        self._has_on_limit = lane.lines.max_on_s is not None
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
        self._relay, self._heartbeat = outputs[_RELAY], outputs.get(_HEARTBEAT)
        self._lamps = {path.removeprefix(_LAMPS): lamp for path, lamp in outputs.items() if path.startswith(_LAMPS)}
        self._fire, self._feedback = ReleaseDelay(FIRE_RELEASE_S), FeedbackCheck()
        self._output_fault: str | None = None
        self._failed_lamps: set[str] = set()
        self._new_faults: list[str] = []
        self._driven_s: float | None = None
        self._on_since_s, self._is_renewal_due = 0.0, False
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
        return self._relay.read()

    @property
    def output_fault(self) -> str | None:
        """Why the relay or the heartbeat is faulty, in words; None if they have followed every command.

        It stays until the lines are opened again. From then on the relay is switched off at each drive, and the
        heartbeat stops.
        """
        return self._output_fault

    def take_output_faults(self) -> tuple[str, ...]:
        """The outputs that were first seen not to follow since the last call, in words; each is told once.

        A lamp is told only here: it can let nobody through, so it is no fault of the gate.
        """
        faults, self._new_faults = tuple(self._new_faults), []
        return faults

    def drive(
        self, permission: bool, patterns: Mapping[str, LampPattern], now_s: float, *, renews: bool = False
    ) -> None:
        """Check that the outputs have followed the last drive; then drive relay and lamps, and toggle the heartbeat.

        Lamps without a pattern are off. now_s: monotonic. renews: this permission is another than that of the last
        drive, or has no limit of its own; so the maximum on-time of the dead-man timer begins anew.
        """
        is_late = self._driven_s is None or now_s - self._driven_s >= LATE_S
        read = self._relay.read()
        self._check_relay(read, now_s, is_late=is_late)
        self._driven_s = now_s
        is_on = self._output_fault is None and permission == self._relay_on_permits
        if not is_on:
            self._switch(False, read, now_s)
        if self._heartbeat is not None and self._output_fault is None:
            # Only the gate's own step toggles it: another thread could go on while the gate hangs.
            self._heartbeat.write(not self._heartbeat.read())
        if is_on:
            # After the heartbeat, as the timer accepts only a permission that is set while the heartbeat is fresh.
            self._is_renewal_due |= renews or not self._relay_on_permits
            if self._needs_new_edge(read, now_s, is_late=is_late):
                self._relay.write(False)
            self._switch(True, read, now_s)
        for name, lamp in self._lamps.items():
            lit = lamp.read()
            self._check_lamp(name, lamp, lit)
            lamp.set(is_lit(patterns.get(name, LampPattern.OFF), now_s), lit)

    def read(self, now_s: float) -> LaneInputs:
        """Read the inputs and reset the count of passages. now_s: monotonic."""
        return LaneInputs(
            passages=self._passages.take(),
            ready=self._level(_READY, without=True),
            fire=self._fire.step(self._level(_FIRE, without=False), now_s),
            override=self._level(_OVERRIDE, without=False),
            passages_lost=self._take_lost(),
        )

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
                self._relay.write(False)

    def _check_relay(self, read: bool, now_s: float, *, is_late: bool) -> None:
        """Find a fault of relay, heartbeat or feedback; it stays."""
        relay = self._relay
        # Only the timer's end of a permission is excused by a pause, and only by one.
        may_have_expired = is_late and self._heartbeat is not None and relay.commanded
        faults = [relay.fault(read, is_late=may_have_expired)]
        if self._heartbeat is not None:
            faults.append(self._heartbeat.fault(self._heartbeat.read()))
        if _FEEDBACK in self._inputs:
            reported = self._level(_FEEDBACK, without=False)
            if self._driven_s is None or may_have_expired:
                self._feedback.restart(now_s)
            elif self._feedback.has_failed(relay.commanded, reported, now_s):
                name = f"{_FEEDBACK} ({self._pins[_FEEDBACK]})"
                commanded = word(relay.commanded)
                faults.append(f"{name}: the relay was switched {commanded}, and its contact says {word(reported)}")
        fault = next((fault for fault in faults if fault), None)
        if fault is not None and self._output_fault is None:
            self._output_fault = fault
            self._new_faults.append(fault)

    def _check_lamp(self, name: str, lamp: CheckedOutput, read: bool) -> None:
        fault = lamp.fault(read)
        if fault and name not in self._failed_lamps:
            self._failed_lamps.add(name)
            self._new_faults.append(fault)

    def _needs_new_edge(self, read: bool, now_s: float, *, is_late: bool) -> bool:
        """Whether a relay that is on must be switched off and at once on again, which only the timer notices.

        That is so if the timer has ended the permission after a pause, and if its maximum on-time must begin anew.
        """
        if not self._relay.commanded:
            return False
        if not read and is_late and self._heartbeat is not None:
            return True
        return self._has_on_limit and self._is_renewal_due and now_s - self._on_since_s >= _RENEW_S

    def _switch(self, level: bool, read: bool, now_s: float) -> None:
        """Switch the relay."""
        before = self._relay.commanded
        self._relay.set(level, read)
        if level != before:
            self._feedback.restart(now_s)
            self._on_since_s, self._is_renewal_due = now_s, False

    def _take_lost(self) -> int:
        device = self._inputs.get(_PASSED)
        return self._passages.take_lost(device.pin) if device else 0

    def _level(self, path: str, *, without: bool) -> bool:
        """Whether an input is active. without: the answer if the lane does not have it."""
        device = self._inputs.get(path)
        if device is None:
            return without
        try:
            return bool(device.value)
        except (GPIOZeroError, OSError) as error:
            raise LineError(self._pins[path], f"cannot be read: {error}") from error
