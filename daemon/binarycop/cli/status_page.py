"""A status as the lines that a person reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from binarycop.cli.machine_state import MachineState
from binarycop.cli.terminal import Span, Style, Words, bold, dim
from binarycop.cli.wrapping import kept_together, wrap
from binarycop.doctor.temperature import WARM_C
from binarycop.journal.evidence import sentence
from binarycop.lines.level import level_words
from binarycop.service.status import FrontPerson, GateReport, LineLevel, SourceStatus, State, Status, seldom_words
from binarycop.service.unit import UnitState

_LABEL_COLUMNS = 11
_STYLES = {
    State.IN_SERVICE: Style.OK,
    State.RECORDING_OVER: Style.WARN,
    State.STARTING: Style.WARN,
    State.OUT_OF_ORDER: Style.FAIL,
    State.HANGS: Style.FAIL,
}
_LITTLE_DISK_MIB = 100.0
_OLD_FRAME_S = 1.0


@dataclass(frozen=True)
class Page:
    """What the lines are made of. now: the time of day. unit: None where systemd does not run this daemon."""

    status: Status
    machine: MachineState
    unit: UnitState | None
    now: datetime
    columns: int = 80

    def lines(self) -> list[Sequence[Words]]:
        """The daemon first, then each gate."""
        found = list(self._daemon())
        for gate in self.status.gates:
            found += [(), *self._gate(gate)]
        return found

    def _daemon(self) -> Iterator[Sequence[Words]]:
        status, origin = self.status, self.status.origin
        yield from self._title(f"binarycop {origin.version}", _headline(status), _STYLES[status.state])
        yield from self._row("since", f"{self._since(status.running_s)}, process {origin.pid}")
        network = f"{origin.bundle} on {status.backend}; {origin.golden} golden vectors right at the start"
        yield from self._row("network", network)
        if not status.has_scores:
            yield from self._row("", "IT GIVES NO SCORES", Style.FAIL)
        yield from self._row("mode", f"{status.mode}{', asleep' if status.is_asleep else ''}; {_latency(status)}")
        yield from self._machine()
        yield from self._systemd()
        yield from self._settings()

    def _machine(self) -> Iterator[Sequence[Words]]:
        facts = self.machine
        parts = []
        if facts.memory_mib is not None:
            most = "" if facts.most_memory_mib is None else f" (at most {facts.most_memory_mib:.0f})"
            parts.append(f"{facts.memory_mib:.0f} MiB{most}, {facts.threads} threads")
        if facts.available_mib is not None:
            parts.append(f"{facts.available_mib:.0f} MiB left")
        if facts.disk_free_mib is not None:
            parts.append(f"disk {facts.disk_free_mib:.0f} MiB left")
        if facts.temperature_c is not None:
            parts.append(f"{facts.temperature_c:.0f} °C")
        yield from self._row("machine", "; ".join(parts) or "not known")
        for warning in _warnings(facts):
            yield from self._row("", warning, Style.WARN)

    def _systemd(self) -> Iterator[Sequence[Words]]:
        watchdog = self.status.watchdog
        text = "no watchdog: systemd does not watch this process"
        if watchdog.limit_s is not None:
            notified = (
                "not notified yet" if watchdog.notified_s is None else f"notified {self._ago(watchdog.notified_s)}"
            )
            text = f"watchdog {watchdog.limit_s:g} s, {notified}"
        restarts = 0 if self.unit is None else self.unit.restarts
        if self.unit is not None:
            text += f"; {restarts} {'restart' if restarts == 1 else 'restarts'} after a failure"
        yield from self._row("systemd", text, Style.WARN if restarts else None)
        if watchdog.stuck:
            yield from self._row("", f"HANGS: {', '.join(watchdog.stuck)}", Style.FAIL)

    def _settings(self) -> Iterator[Sequence[Words]]:
        settings = self.status.settings
        yield from self._row("settings", f"read at {self._since(settings.loaded_s)}")
        if settings.waiting:
            yield from self._row("", f"WAITING FOR A RESTART: {', '.join(settings.waiting)}", Style.WARN)
        if settings.refused is not None:
            yield from self._row("", f"NEW SETTINGS REFUSED: {settings.refused}", Style.FAIL)

    def _gate(self, gate: GateReport) -> Iterator[Sequence[Words]]:
        causes = f": {', '.join(gate.causes)}" if gate.causes else ""
        yield from self._title(gate.gate, f"{gate.state.value.upper()}{causes}", _STYLES[gate.state])
        yield from self._row("since", f"{self._since(gate.since_s)}, policy {gate.policy}")
        yield from self._wires(gate.lines)
        yield from self._camera(gate.source)
        if gate.every_ms is not None:
            words = seldom_words(gate.every_ms, gate.needed_ms)
            yield from self._row("", f"TOO FEW FRAMES: {words}", Style.WARN)
        face = "no face yet" if gate.face_age_s is None else f"last face {self._ago(gate.face_age_s)}"
        yield from self._row("detector", f"{gate.finder}; {face}")
        permission = f"ON ({gate.permission})" if gate.permission else "off"
        yield from self._row("permission", f"{permission}, {gate.phase}", Style.OK if gate.permission else None)
        yield from self._row("now", _front(gate.front))
        for label, entry in (("decision", gate.decision), ("verdict", gate.verdict)):
            text = "none yet" if entry is None else f"{self._ago(entry.age_s)}: {entry.text}"
            yield from self._row(label, text)
        yield from self._row("people", _people(gate))

    def _camera(self, source: SourceStatus) -> Iterator[Sequence[Words]]:
        yield from self._row("camera", f"{source.name}: {source.mode or 'not open yet'}")
        if source.problem is not None:
            yield from self._row("", f"NO PICTURES: {source.problem}", Style.FAIL)
        frame_age_s = source.frame_age_s + self.status.age_s
        if not source.captured:
            yield from self._row("", f"no picture yet, for {duration(frame_age_s)}", Style.WARN)
            return
        rate = "" if source.rate_hz is None else f"{source.rate_hz:g} a second, "
        text = (
            f"{rate}newest {duration(frame_age_s)} old; {source.captured} taken, {source.dropped} dropped, "
            f"{source.withheld} withheld"
        )
        yield from self._row("", text, Style.WARN if frame_age_s > _OLD_FRAME_S else None)

    def _wires(self, lines: Sequence[LineLevel]) -> Iterator[Sequence[Words]]:
        origin = self.status.origin
        if origin.is_mock:
            yield from self._row("lines", "MOCK: NO WIRE IS READ OR DRIVEN", Style.FAIL)
        else:
            yield from self._row("lines", origin.factory)
        for title, is_input in (("out", False), ("in", True)):
            shown = [line for line in lines if line.is_input is is_input]
            if shown:
                text = ", ".join(kept_together(f"{line.name.removeprefix('lines.')} {_level(line)}") for line in shown)
                is_bad = any(line.active is None for line in shown)
                yield from self._row(f"  {title}", text, Style.FAIL if is_bad else None)

    def _title(self, name: str, words: str, style: Style) -> Iterator[Sequence[Words]]:
        first, *more = wrap(words, max(self.columns - len(name) - 3, 20))
        yield [bold(f"{name}  "), Span(first, style)]
        for part in more:
            yield from self._row("", part, style)

    def _row(self, label: str, text: str, style: Style | None = None) -> Iterator[Sequence[Words]]:
        """A line with a label; a text that is too long is wrapped below it."""
        for index, part in enumerate(wrap(text, max(self.columns - _LABEL_COLUMNS - 1, 20)) or [""]):
            words: Words = part if style is None else Span(part, style)
            yield [dim((label if index == 0 else "").ljust(_LABEL_COLUMNS)), words]

    def _since(self, age_s: float) -> str:
        at = self.now - timedelta(seconds=age_s + self.status.age_s)
        clock = at.strftime("%H:%M:%S" if at.date() == self.now.date() else "%Y-%m-%d %H:%M")
        return f"{clock} ({self._ago(age_s)})"

    def _ago(self, age_s: float) -> str:
        """Ages count back from when the status was made, which is long ago if the loop hangs."""
        return f"{duration(age_s + self.status.age_s)} ago"


def duration(seconds: float) -> str:
    """Such as ``0.3 s``, ``42 s``, ``12 min``, ``3 h 12 min``, ``5 d 3 h``."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    if round(seconds) < 120:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def _headline(status: Status) -> str:
    """The state; with several gates also which are out of order, since a small terminal does not show them all."""
    if status.state is State.HANGS:
        return f"HANGS: the loop has not stepped for {duration(status.age_s)}"
    bad = [f"{gate.gate} ({', '.join(gate.causes)})" for gate in status.gates if gate.state is State.OUT_OF_ORDER]
    which = f": {', '.join(bad)}" if bad and len(status.gates) > 1 else ""
    return f"{status.state.value.upper()}{which}"


def _warnings(facts: MachineState) -> Iterator[str]:
    if facts.swap_mib:
        yield f"SWAP of {facts.swap_mib:.0f} MiB: a gate must have none, since pictures could be written there"
    if facts.temperature_c is not None and facts.temperature_c >= WARM_C:
        yield f"WARM: {facts.temperature_c:.0f} °C"
    if facts.disk_free_mib is not None and facts.disk_free_mib < _LITTLE_DISK_MIB:
        yield f"DISK: {facts.disk_free_mib:.0f} MiB left for the journal"


def _latency(status: Status) -> str:
    if status.p50_ms is None or status.p99_ms is None:
        return "no latency yet"
    return f"latency {status.p50_ms:.1f} ms (median), 99 % within {status.p99_ms:.1f} ms"


def _front(front: FrontPerson | None) -> str:
    if front is None:
        return "nobody in front"
    return f"person {front.person}: {front.status}{sentence({**front.evidence, 'outcome': 'decided'})}"


def _people(gate: GateReport) -> str:
    return (
        f"{gate.persons} since the start: {gate.permits} permitted, {gate.refusals} refused, "
        f"{gate.undecided} undecided; {gate.passed} passed"
    )


def _level(line: LineLevel) -> str:
    if line.active is None:
        return "UNREADABLE"
    return level_words(is_active=line.active, is_input=line.is_input)
