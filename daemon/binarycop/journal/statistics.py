"""What the gates did over a period: counts, quantiles and times, from the journal's entries alone.

It reads an entry once and keeps sums only, so its memory grows with the rows of the table and not with the journal. The
counts do not depend on the order of the entries, and parts of a journal can be added up.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from binarycop.journal.events import Event
from binarycop.journal.fields import FIELDS, Decimal, Integer, Word, names_of
from binarycop.journal.quantiles import Quantiles
from binarycop.journal.reader import LATEST_US, whole_of
from binarycop.journal.service_time import EVENTS as SERVICE_EVENTS
from binarycop.journal.service_time import HOUR_US, OTHER, QUARTER_US, ServiceTime

MOST_ROWS = 10_000
"""Of a table; everything else is in the row ``OTHER``."""

_MOST_REMEMBERED = 4096  # entries of the same hour follow each other

_DETAIL = {
    "verdict": "class", "permit": "cause", "refuse": "class", "remind": "class", "passed": "by", "override": "state",
    "fire": "state",
}  # fmt: skip
"""The field of an event by which it is counted."""
_DETAIL_FIELDS = {event: f"BINARYCOP_{name.upper()}" for event, name in _DETAIL.items()}
_DECISIONS = frozenset({"permit", "refuse", "remind"})
_SEEN = frozenset({"person", "left"})
_NAMES = {event.spec.name for event in Event}
_KEYS = {(name, b""): (name, b"") for name in _NAMES} | {
    (event, word.encode()): (event, word.encode())
    for event, name in _DETAIL.items()
    if isinstance(known := FIELDS[name], Word)
    for word in known.words
}
"""What is counted in each row: the keys themselves, so that all rows share them."""
_REASONS = {f"BINARYCOP_{name.upper()}": name for name in sorted(names_of(Event.VERDICT) - {"person", "class"})}
"""The fields of a verdict that can say why somebody is undecided."""


class By(Enum):
    """What a row of the table is."""

    HOUR = "hour"
    DAY = "day"
    CLASS = "class"
    GATE = "gate"


class Group:
    """The sums of one row. counts: for each event and its detail. margin: of verdicts with a class."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, bytes]] = Counter()
        self.margin, self.latency_ms = Quantiles(), Quantiles()

    def merge(self, other: "Group") -> None:
        """Add another one's sums."""
        self.counts.update(other.counts)
        self.margin.merge(other.margin)
        self.latency_ms.merge(other.latency_ms)

    def count(self, event: str) -> int:
        """How often the event happened."""
        return sum(count for (name, _), count in self.counts.items() if name == event)

    def details(self, event: str) -> dict[str, int]:
        """How often it happened for each detail, such as the class of a refusal; empty: not known."""
        return {detail.decode(): count for (name, detail), count in sorted(self.counts.items()) if name == event}


class Statistics:
    """Takes entries; ``by`` says what a row is. since_us, until_us: the period, in microseconds since 1970.

    undecided: how often a field of an undecided verdict had a word. undecided_numbers: and its number fields.
    hours_seen: hours since 1970 in which a face was in front. lost: entries that the journal reports as not written.
    """

    def __init__(self, by: By, since_us: int, until_us: int) -> None:
        until_us = min(until_us, LATEST_US)
        self.by, self.since_us, self.until_us = by, since_us, until_us
        self.rows: dict[str, Group] = {}
        self._margins: dict[str, Quantiles] = {}
        self.undecided: Counter[tuple[str, str]] = Counter()
        self.undecided_numbers: dict[str, Quantiles] = {}
        self.hours_seen: set[int] = set()
        self.service = ServiceTime(since_us, until_us, self._time)
        self.events = self.untrusted = self.lost = 0
        self._by_key: dict[Any, Group] = {}
        self._times: dict[int, str] = {}
        self._format = "%Y-%m-%d %H:00" if by is By.HOUR else "%Y-%m-%d"

    def add(self, event: str, at_us: int, fields: Mapping[str, Any]) -> None:
        """Take an event. The time of service needs each boot's events in their order."""
        gate = fields.get("BINARYCOP_GATE", b"")
        if event in SERVICE_EVENTS:
            self.service.add(event, _text(gate), at_us, _text(fields.get("BINARYCOP_REASON", b"")))
        if not self.since_us <= at_us <= self.until_us:
            return
        self.events += 1
        if self.by is By.GATE:
            key = gate
        elif self.by is By.CLASS:
            key = fields.get("BINARYCOP_CLASS", b"")
        else:
            key = at_us // QUARTER_US
        try:
            row = self._by_key[key]
        except (KeyError, TypeError):
            row = self._row(key, at_us)
        field = _DETAIL_FIELDS.get(event)
        if field is None:
            row.counts[_KEYS[event, b""]] += 1
            if event in _SEEN:
                self.hours_seen.add(at_us // HOUR_US)
            elif event in ("repeated", "unwritten"):
                self._count_others(event, row, fields)
            return
        detail = fields.get(field, b"")
        row.counts[(_KEYS.get((event, detail)) if type(detail) is bytes else None) or _KEYS[event, b""]] += 1
        if event == "verdict":
            self._verdict(row, at_us, detail, fields)
        elif event in _DECISIONS:
            _add(row.latency_ms, fields.get("BINARYCOP_LATENCY_MS"))

    def merge(self, other: "Statistics") -> None:
        """Add what another one has taken: other entries of the same period and with the same ``by``."""
        for name, group in other.rows.items():
            self._named(name).merge(group)
        for time, margins in other._margins.items():
            self._margins.setdefault(time, Quantiles()).merge(margins)
        for name, numbers in other.undecided_numbers.items():
            self.undecided_numbers.setdefault(name, Quantiles()).merge(numbers)
        self.undecided.update(other.undecided)
        self.hours_seen |= other.hours_seen
        self.service.merge(other.service)
        self.events += other.events
        self.untrusted += other.untrusted
        self.lost += other.lost

    @property
    def margins(self) -> dict[str, Quantiles]:
        """Those of the verdicts with a class, for each hour or day."""
        if self.by in (By.CLASS, By.GATE):
            return self._margins
        return {name: row.margin for name, row in self.rows.items() if row.margin.count}

    def total(self) -> Group:
        """All rows together."""
        total = Group()
        for group in self.rows.values():
            total.merge(group)
        return total

    def _verdict(self, row: Group, at_us: int, status: bytes, fields: Mapping[str, Any]) -> None:
        if status != b"undecided":
            if _add(row.margin, fields.get("BINARYCOP_MARGIN")) and self.by in (By.CLASS, By.GATE):
                day = self._time(at_us)
                if day not in self._margins and len(self._margins) >= MOST_ROWS:
                    day = OTHER
                _add(self._margins.setdefault(day, Quantiles()), fields.get("BINARYCOP_MARGIN"))
            return
        for field, name in _REASONS.items():
            value, known = fields.get(field), FIELDS[name]
            if value is None:
                continue
            if isinstance(known, Word):
                self.undecided[name, _text(value) if _text(value) in known.words else OTHER] += 1
            elif isinstance(known, (Integer, Decimal)):
                _add(self.undecided_numbers.setdefault(name, Quantiles()), value)

    def _count_others(self, event: str, row: Group, fields: Mapping[str, Any]) -> None:
        """Events without an entry of their own: repeated ones, of which only the number was written, and lost ones."""
        count = whole_of(fields, "BINARYCOP_COUNT") or 0
        what = _text(fields.get("BINARYCOP_WHAT", b""))
        if event == "unwritten":
            self.lost += count
        elif what in _NAMES:
            row.counts[_KEYS[what, b""]] += count

    def _row(self, key: Any, at_us: int) -> Group:
        name = self._time(at_us) if isinstance(key, int) else _text(key)
        row = self._named(name)
        if len(self._by_key) >= _MOST_REMEMBERED:
            self._by_key.clear()
        if isinstance(key, (bytes, int)):
            self._by_key[key] = row
        return row

    def _named(self, name: str) -> Group:
        if name not in self.rows and len(self.rows) >= MOST_ROWS:
            name = OTHER
        return self.rows.setdefault(name, Group())

    def _time(self, at_us: int) -> str:
        """The hour or day of a time, in this machine's time zone."""
        quarter = at_us // QUARTER_US
        if quarter not in self._times:
            if len(self._times) >= _MOST_REMEMBERED:
                self._times.clear()
            self._times[quarter] = (
                datetime.fromtimestamp(quarter * QUARTER_US / 1e6).astimezone().strftime(self._format)
            )
        return self._times[quarter]


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else ""


def _add(quantiles: Quantiles, value: Any) -> bool:
    """Add a number field; returns whether it was a number."""
    try:
        quantiles.add(float(value))
    except (TypeError, ValueError):
        return False
    return True
