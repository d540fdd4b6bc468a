"""How long the daemon was ready, and how long each gate had a fault, from the journal's events in their order."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

HOUR_US = 3_600_000_000
QUARTER_US = HOUR_US // 4  # every time zone begins its hours at a quarter
_LONGEST_US = 10 * 366 * 24 * HOUR_US  # of one boot; more is a damaged entry
_MOST_FAULTS = 500
OTHER = "other"

_ENDS = frozenset({"stopped", "failed", "gave_up", "started"})
_SIGNS_OF_LIFE = frozenset({"ready", "person", "verdict"})
EVENTS = _ENDS | _SIGNS_OF_LIFE | {"fault", "fault_over"}
"""The names of the events that say something about it."""


@dataclass
class FaultTimes:
    """The faults of one gate with one reason. longest_us, total_us: their duration within the period."""

    count: int = 0
    total_us: int = 0
    longest_us: int = 0

    def merge(self, other: "FaultTimes") -> None:
        """Add those of another part of the journal."""
        self.count += other.count
        self.total_us += other.total_us
        self.longest_us = max(self.longest_us, other.longest_us)


@dataclass
class ServiceTime:
    """Takes the events of one boot after another, each with its time in microseconds since 1970.

    since_us, until_us: the period that counts. row_of: the row of a table that a time belongs to.

    The daemon counts as ready from ``ready``, or from its first sign of life if ``ready`` is no longer in the journal,
    until it writes its end, or starts again, or the boot ends. A gate's fault ends with the daemon at the latest.
    """

    since_us: int
    until_us: int
    row_of: Callable[[int], str]
    on_us: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How long the machine ran, in each row."""
    ready_us: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    fault_us: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    """In each row, and with the gate's name in front."""
    faults: dict[tuple[str, str], FaultTimes] = field(default_factory=lambda: defaultdict(FaultTimes))
    """For each gate and reason."""
    gates: set[str] = field(default_factory=set)
    hours_ready: set[int] = field(default_factory=set)
    """The hours since 1970 in which the daemon was ready."""
    _ready_since_us: int | None = None
    _begun_us: dict[tuple[str, str], int] = field(default_factory=dict)
    _gate_since_us: dict[str, int] = field(default_factory=dict)

    def add_boot(self, begun_us: int, ended_us: int) -> None:
        """The machine ran for this time."""
        for row_us, length_us in self._pieces(begun_us, ended_us):
            self.on_us[self.row_of(row_us)] += length_us

    def add(self, event: str, gate: str, at_us: int, reason: str) -> None:
        """Take an event of ``EVENTS``."""
        if event in _ENDS:
            self.end(at_us)
        elif event in _SIGNS_OF_LIFE and self._ready_since_us is None:
            self._ready_since_us = at_us
        if gate and len(self.gates) < _MOST_FAULTS:
            self.gates.add(gate)
        if event == "fault" and len(self._begun_us) < _MOST_FAULTS:
            self._begun_us.setdefault((gate, reason), at_us)
            self._gate_since_us.setdefault(gate, at_us)
        elif event == "fault_over" and (gate, reason) in self._begun_us:
            self._end_fault(gate, reason, at_us)

    def end(self, at_us: int) -> None:
        """The daemon ends, or the boot."""
        for gate, reason in list(self._begun_us):
            self._end_fault(gate, reason, at_us)
        if self._ready_since_us is not None:
            for row_us, length_us in self._pieces(self._ready_since_us, at_us):
                self.ready_us[self.row_of(row_us)] += length_us
                self.hours_ready.add(row_us // HOUR_US)
        self._ready_since_us = None

    def merge(self, other: "ServiceTime") -> None:
        """Add what another one has taken: other boots, each of them whole."""
        for own, others in ((self.on_us, other.on_us), (self.ready_us, other.ready_us)):
            for row, length_us in others.items():
                own[row] += length_us
        for key, length_us in other.fault_us.items():
            self.fault_us[key] += length_us
        for key, times in other.faults.items():
            self.faults[key].merge(times)
        self.gates |= other.gates
        self.hours_ready |= other.hours_ready

    def _end_fault(self, gate: str, reason: str, at_us: int) -> None:
        begun_us = max(self._begun_us.pop((gate, reason)), self.since_us)
        length_us = min(at_us, self.until_us) - begun_us
        if length_us >= 0:
            key = (gate, reason) if len(self.faults) < _MOST_FAULTS or (gate, reason) in self.faults else (OTHER, OTHER)
            self.faults[key].merge(FaultTimes(1, length_us, length_us))
        if any(other == gate for other, _ in self._begun_us):
            return  # the gate still has another fault
        # Only the time in which the gate would otherwise have been in service.
        since_us = self._gate_since_us.pop(gate)
        if self._ready_since_us is not None:
            for row_us, part_us in self._pieces(max(since_us, self._ready_since_us), at_us):
                self.fault_us[gate, self.row_of(row_us)] += part_us

    def _pieces(self, begun_us: int, ended_us: int) -> list[tuple[int, int]]:
        """The part of a time that counts, in quarters of an hour: when each begins, and how long it is."""
        begun_us, ended_us = max(begun_us, self.since_us), min(ended_us, self.until_us)
        if not begun_us < ended_us < begun_us + _LONGEST_US:
            return []
        cuts = [begun_us, *range((begun_us // QUARTER_US + 1) * QUARTER_US, ended_us, QUARTER_US), ended_us]
        return [(start, end - start) for start, end in pairwise(cuts)]
