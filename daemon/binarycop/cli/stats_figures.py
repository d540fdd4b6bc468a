"""The figures of ``binarycop stats``, ready to be shown: as text, CSV, JSON or a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from binarycop.journal.fields import FIELDS, Integer
from binarycop.journal.quantiles import Quantiles
from binarycop.journal.statistics import By, Group, Statistics

_HOUR_US = 3.6e9


@dataclass(frozen=True)
class Row:
    """The figures of an hour, a day, a class, a gate or of all together.

    counts: by what was counted. latency_ms: the median, the 90th and the 99th percentile. margin: the quartiles.
    availability: the share of the time with the machine on in which a gate was in service; None if there was none.
    """

    name: str
    counts: dict[str, int]
    details: dict[str, dict[str, int]]
    latency_ms: tuple[float | None, ...]
    margin: tuple[float | None, ...]
    availability: float | None

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        quantiles = {
            "latency_ms": dict(zip(("p50", "p90", "p99"), self.latency_ms, strict=True)),
            "margin": dict(zip(("q1", "median", "q3"), self.margin, strict=True)),
        }
        named = {"name": self.name, "availability": self.availability}
        return {**named, **self.counts, "details": self.details, **quantiles}


@dataclass(frozen=True)
class Fault:
    """All faults of one gate with one reason."""

    gate: str
    reason: str
    count: int
    total_s: float
    longest_s: float


@dataclass(frozen=True)
class Report:
    """Everything. margins: quartiles by hour or day. undecided: how often a field had a word, and quartiles of numbers.

    hours_on, hours_ready: how long the machine ran, and the daemon was ready. hours_of_service, hours_without_face: the
    clock hours in which the daemon was ready, and those of them in which nobody was in front.
    """

    by: By
    events: int
    total: Row
    rows: Sequence[Row]
    faults: Sequence[Fault]
    margins: dict[str, tuple[float | None, ...]]
    undecided: dict[str, dict[str, int]]
    undecided_numbers: dict[str, tuple[float | None, ...]]
    hours_on: float
    hours_ready: float
    hours_of_service: int
    hours_without_face: int
    lost: int

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        names = ("q1", "median", "q3")
        return {
            "by": self.by.value,
            "events": self.events,
            "lost": self.lost,
            "total": self.total.to_dict(),
            "rows": [row.to_dict() for row in self.rows],
            "faults": [vars(fault) for fault in self.faults],
            "margins": {time: dict(zip(names, values, strict=True)) for time, values in self.margins.items()},
            "undecided": self.undecided,
            "undecided_numbers": {
                name: dict(zip(names, values, strict=True)) for name, values in self.undecided_numbers.items()
            },
            "hours_on": round(self.hours_on, 3),
            "hours_ready": round(self.hours_ready, 3),
            "hours_of_service": self.hours_of_service,
            "hours_without_face": self.hours_without_face,
        }


COUNTED = {
    "people": "person",
    "permissions": "permit",
    "refusals": "refuse",
    "reminders": "remind",
    "passed": "passed",
    "not_used": "not_passed",
    "withdrawn": "withdrawn",
    "forced": "forced",
    "tailgated": "tailgate",
    "limit_reached": "limit_reached",
    "override_refused": "override_refused",
    "faults": "fault",
    "starts": "started",
}
"""The name of each count, and the event that it counts."""


def report(statistics: Statistics) -> Report:
    """The figures of these statistics."""
    service, by_time = statistics.service, statistics.by in (By.HOUR, By.DAY)
    gates = sorted(service.gates)

    def availability(name: str | None) -> float | None:
        if statistics.by is By.CLASS and name is not None:
            return None
        of_gates = [name] if statistics.by is By.GATE and name is not None else gates or [""]
        if name and statistics.by is By.GATE and name not in gates:
            return None
        times = [name] if by_time and name is not None else list(service.on_us)
        on_us = sum(service.on_us.get(time, 0) for time in times)
        ready_us = sum(service.ready_us.get(time, 0) for time in times)
        fault_us = sum(service.fault_us.get((gate, time), 0) for gate in of_gates for time in times) / len(of_gates)
        return round(max(ready_us - fault_us, 0) / on_us, 6) if on_us else None

    names = set(statistics.rows) | (set(service.on_us) if by_time else set())
    rows = [_row(name, statistics.rows.get(name, Group()), availability(name)) for name in sorted(names) if name]
    undecided: dict[str, dict[str, int]] = {}
    for (field, word), count in sorted(statistics.undecided.items()):
        undecided.setdefault(field, {})[word] = count
    return Report(
        by=statistics.by,
        events=statistics.events,
        total=_row("all", statistics.total(), availability(None)),
        rows=rows,
        faults=[
            Fault(gate, reason, times.count, round(times.total_us / 1e6, 1), round(times.longest_us / 1e6, 1))
            for (gate, reason), times in sorted(service.faults.items())
        ],
        margins={time: _quartiles(margins) for time, margins in sorted(statistics.margins.items())},
        undecided=undecided,
        undecided_numbers={
            name: _quartiles(numbers, digits=0 if isinstance(FIELDS[name], Integer) else 1)
            for name, numbers in sorted(statistics.undecided_numbers.items())
        },
        hours_on=sum(service.on_us.values()) / _HOUR_US,
        hours_ready=sum(service.ready_us.values()) / _HOUR_US,
        hours_of_service=len(service.hours_ready),
        hours_without_face=len(service.hours_ready - statistics.hours_seen),
        lost=statistics.lost,
    )


def _row(name: str, group: Group, availability: float | None) -> Row:
    counts = {shown: group.count(event) for shown, event in COUNTED.items()}
    verdicts = group.details("verdict")
    counts["undecided"] = verdicts.get("undecided", 0)
    counts["overrides"] = group.details("override").get("active", 0)
    counts["fires"] = group.details("fire").get("active", 0)
    details = {
        "permissions": group.details("permit"),
        "refusals": group.details("refuse"),
        "passed": group.details("passed"),
        "verdicts": verdicts,
    }
    latency_ms = tuple(_rounded(group.latency_ms.at(share)) for share in (0.5, 0.9, 0.99))
    return Row(name, counts, details, latency_ms, _quartiles(group.margin), availability)


def _quartiles(numbers: Quantiles, digits: int = 1) -> tuple[float | None, ...]:
    return tuple(_rounded(numbers.at(share), digits) for share in (0.25, 0.5, 0.75))


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits or None)
