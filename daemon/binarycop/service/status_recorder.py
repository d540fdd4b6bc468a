"""Makes the daemon's status from its parts, twice a second, for the thread that answers ``binarycop status``.

Only numbers, words and tuples leave this module, so the thread shares nothing with the loop.
"""

from collections import deque
from collections.abc import Callable, Sequence

from binarycop.journal.writers import format_message
from binarycop.service.lane import Lane
from binarycop.service.lane_journal import WrittenEntry
from binarycop.service.live import LiveLoop, SourceCounts
from binarycop.service.service import Service
from binarycop.service.snapshot import LaneDetails, LaneSnapshot
from binarycop.service.status import (
    Entry,
    FrontPerson,
    GateReport,
    LineLevel,
    Origin,
    SettingsStatus,
    SourceStatus,
    State,
    Status,
    WatchdogStatus,
)
from binarycop.service.systemd_link import SystemdLink
from binarycop.settings.lines import InputSettings
from binarycop.settings.schema import LaneSettings, Settings, wires_of

INTERVAL_S = 0.5
LATENCIES = 1000
"""The percentiles are of this many newest frames."""

_RATE_S = 5.0
_MAX_CHARS = 300  # as much of a text as the journal shows; a longer one could make the answer too large
_PERCENTILES_S = 5.0  # sorting them takes longer than everything else


class StatusRecorder:
    """Hands a status to ``publish`` every ``INTERVAL_S``. The main thread uses it, after each step of the loop.

    origin, finders: what does not change; a finder for each lane, in words. settings: as the daemon was started.
    """

    def __init__(
        self,
        origin: Origin,
        finders: Sequence[str],
        settings: Settings,
        service: Service,
        loop: LiveLoop,
        systemd: SystemdLink,
        publish: Callable[[Status], None],
        now_s: float,
    ) -> None:
        self._origin, self._finders, self._mode = origin, tuple(finders), settings.service.mode.value
        self._service, self._loop, self._systemd, self._publish = service, loop, systemd, publish
        self._wires = [_wires(lane) for lane in settings.gates]
        self._begun_s = self._due_s = self._percentiles_due_s = now_s
        self._percentiles: dict[str, float | None] = {"p50": None, "p99": None}
        self._states: list[tuple[State, tuple[str, ...], float]] = [(State.STARTING, (), now_s) for _ in finders]
        self._captured: deque[tuple[float, tuple[int, ...]]] = deque(maxlen=round(_RATE_S / INTERVAL_S) + 1)

    def step(self, now_s: float) -> None:
        """Hand over a status, if one is due."""
        if now_s < self._due_s:
            return
        self._due_s = now_s + INTERVAL_S
        self._publish(self._status(now_s))

    def _status(self, now_s: float) -> Status:
        service, systemd, sources = self._service, self._systemd, self._loop.sources()
        if now_s >= self._percentiles_due_s:
            self._percentiles_due_s = now_s + _PERCENTILES_S
            self._percentiles = self._loop.latencies.percentiles(LATENCIES)
        rates_hz = self._rates_hz(sources, now_s)
        gates = [
            self._gate(index, lane, source, rate_hz, now_s)
            for index, (lane, source, rate_hz) in enumerate(zip(service.lanes, sources, rates_hz))
        ]
        notified_s = None if systemd.notified_s is None else round(now_s - systemd.notified_s, 1)
        loaded_s = self._begun_s if systemd.loaded_s is None else systemd.loaded_s
        return Status(
            origin=self._origin,
            age_s=0.0,
            running_s=round(now_s - self._begun_s, 1),
            is_ready=systemd.has_been_ready,
            mode=self._mode,
            is_asleep=service.capture_interval_s > 0,
            backend=service.backend,
            has_scores=service.has_scores,
            p50_ms=self._percentiles["p50"],
            p99_ms=self._percentiles["p99"],
            latencies=min(self._loop.latencies.count, LATENCIES),
            watchdog=WatchdogStatus(systemd.watchdog_s, notified_s, systemd.stuck),
            settings=SettingsStatus(round(now_s - loaded_s, 1), systemd.waiting, _clipped(systemd.refused)),
            gates=tuple(gates),
        )

    def _gate(self, index: int, lane: Lane, source: SourceCounts, rate_hz: float | None, now_s: float) -> GateReport:
        snapshot, details, counters = lane.snapshot(now_s), lane.details(), lane.counters
        state, causes, since_s = self._since(index, lane, now_s)
        return GateReport(
            gate=snapshot.gate,
            state=state,
            causes=causes,
            since_s=round(now_s - since_s, 1),
            policy=lane.settings.gate.policy.value,
            phase=snapshot.phase.value,
            permission=None if snapshot.cause is None else snapshot.cause.value,
            finder=self._finders[index],
            source=_source(lane.settings.frames.source, source, rate_hz),
            every_ms=None if details.seldom_s is None else round(1000 * details.seldom_s),
            needed_ms=round(1000 / lane.settings.verdict.needed_hz),
            face_age_s=None if details.face_s is None else round(now_s - details.face_s, 1),
            front=_front(snapshot, details),
            verdict=_entry(details.verdict, now_s),
            decision=_entry(details.decision, now_s),
            lines=tuple(
                LineLevel(name, pin, is_input, details.levels.get(name)) for name, pin, is_input in self._wires[index]
            ),
            persons=counters.persons,
            permits=counters.permits,
            refusals=counters.refusals,
            undecided=counters.undecided,
            passed=counters.passed,
        )

    def _since(self, index: int, lane: Lane, now_s: float) -> tuple[State, tuple[str, ...], float]:
        """The gate's state, why, and since when, within ``INTERVAL_S``."""
        state, causes = _state(lane), lane.faults
        before = self._states[index]
        if before[:2] != (state, causes):
            self._states[index] = state, causes, now_s
        return self._states[index]

    def _rates_hz(self, sources: Sequence[SourceCounts], now_s: float) -> list[float | None]:
        counts = tuple(source.captured for source in sources)
        self._captured.append((now_s, counts))
        first_s, first = self._captured[0]
        if now_s <= first_s:
            return [None] * len(counts)
        return [round((now - then) / (now_s - first_s), 1) for now, then in zip(counts, first)]


def _state(lane: Lane) -> State:
    if lane.faults:
        return State.OUT_OF_ORDER
    if lane.source_end is not None:
        return State.RECORDING_OVER
    return State.IN_SERVICE if lane.counters.frames else State.STARTING


def _source(name: str, counts: SourceCounts, rate_hz: float | None) -> SourceStatus:
    return SourceStatus(
        name[:_MAX_CHARS],
        _clipped(counts.mode),
        _clipped(counts.problem),
        rate_hz,
        counts.captured,
        counts.dropped,
        counts.withheld,
        round(counts.silent_s, 2),
    )


def _clipped(text: str | None) -> str | None:
    return None if text is None else text[:_MAX_CHARS]


def _front(snapshot: LaneSnapshot, details: LaneDetails) -> FrontPerson | None:
    if snapshot.person is None or details.evidence is None:
        return None
    return FrontPerson(snapshot.person, snapshot.status_words, dict(details.evidence))


def _entry(written: WrittenEntry | None, now_s: float) -> Entry | None:
    if written is None:
        return None
    text = format_message(written.event, "", written.values)
    return Entry(round(now_s - written.at_s, 1), written.event.spec.name, text, dict(written.values))


def _wires(lane: LaneSettings) -> list[tuple[str, str, bool]]:
    return [(path, wire.pin, isinstance(wire, InputSettings)) for path, wire in wires_of(lane)]
