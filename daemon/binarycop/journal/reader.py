"""Reads events back from journald: boot by boot, and in each boot in the order in which they were written.

One entry is in memory at a time. There is no seeking to a time: the times in a journal do not always increase, so each
event must be read.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from binarycop.classes import GateStatus
from binarycop.errors import JournalError
from binarycop.journal.boots import Boot
from binarycop.journal.events import Event
from binarycop.journal.fields import FIELDS, Decimal, Integer, names_of
from binarycop.journal.journald import RawEntry, Reader, Terms
from binarycop.journal.origin import GateOrigins, Origin

_PREFIX = "BINARYCOP_"
_EVENT_BY_ID = {event.spec.message_id.encode(): event for event in Event}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
LATEST_US = int((datetime(9999, 12, 30, tzinfo=timezone.utc) - _EPOCH).total_seconds()) * 1_000_000
"""The last time that can be written as a date. A damaged entry may have a later one."""

_MOST_DIGITS = 12
_FAULTS = (Event.FAULT, Event.FAULT_OVER)
"""The events that the class ``fault`` stands for; their entries have no class."""


@dataclass(frozen=True)
class Query:
    """Which events to read. Each part that is not None or empty narrows the selection.

    status: one of ``GateStatus``, as a text. events: any of these.
    """

    gate: str | None = None
    status: str | None = None
    events: tuple[Event, ...] = ()

    @property
    def problem(self) -> str:
        """Why no entry can match; empty if one can."""
        without = [event.spec.name for event in self.events if not _has_class(event, self.status)]
        if self.status is None or len(without) < len(self.events) or not self.events:
            return ""
        with_class = ", ".join(event.spec.name for event in Event if _has_class(event, self.status))
        return f"{' and '.join(without)} has no class {self.status}; events with it are {with_class}"

    def terms(self, boot: Boot) -> Terms:
        """The entries of this query in one boot. Every event of the gate has the identifier."""
        base: dict[str, Sequence[str]] = {"SYSLOG_IDENTIFIER": ["binarycop"], "_BOOT_ID": [boot.id]}
        if self.gate is not None:
            base[f"{_PREFIX}GATE"] = [self.gate]
        ids: dict[str, Sequence[str]] = {}
        if self.events:
            ids["MESSAGE_ID"] = [event.spec.message_id for event in self.events]
        if self.status is None:
            return [{**base, **ids}]
        terms = [{**base, **ids, f"{_PREFIX}CLASS": [self.status]}]
        if self.status == GateStatus.FAULT.value:
            faults = [event for event in _FAULTS if event in self.events or not self.events]
            terms += [{**base, "MESSAGE_ID": [event.spec.message_id for event in faults]}] if faults else []
        return terms


@dataclass(frozen=True)
class Period:
    """A time from ``since`` to ``until``, both included; None: without a bound."""

    since: datetime | None = None
    until: datetime | None = None

    def __contains__(self, at: datetime) -> bool:
        """Whether a time is within both bounds."""
        return (self.since is None or self.since <= at) and (self.until is None or at <= self.until)


@dataclass(frozen=True)
class Record:
    """One event as it was written.

    at: the clock's time then, with its time zone. boot: the id of the boot in which it was written. values: the event's
    own fields. unit: the unit that wrote it. is_trusted: whether that is one of the gate's own; anybody may write an
    entry that looks the same otherwise. clock_step: by how much the clock was set later in this boot; 0 if it was not.
    cursor: its place in the journal.
    """

    at: datetime
    boot: str
    event: str
    gate: str
    text: str
    values: dict[str, str | int | float]
    unit: str
    is_trusted: bool
    clock_step: timedelta = timedelta(0)
    cursor: str = ""


def read(
    reader: Reader, query: Query, origins: GateOrigins, boots: Sequence[Boot], *, newest_first: bool = False
) -> Iterator[Record]:
    """Yield the events of the query in these boots: boot by boot, oldest first, or all from the newest on.

    origins: says which entries are the gate's own.

    Raises JournalError if a boot cannot be read to its end, but only after all that can be read.
    """
    for boot, entry in read_raw(reader, query, boots, newest_first=newest_first):
        record = _record(entry, origins, boot)
        if record is not None:
            yield record


def read_raw(
    reader: Reader, query: Query, boots: Sequence[Boot], *, newest_first: bool = False
) -> Iterator[tuple[Boot, RawEntry]]:
    """As ``read``, with the entries as they are stored. ``event_of`` says which of them are events."""
    damage: OSError | None = None
    for boot in reversed(boots) if newest_first else boots:
        try:
            with closing(reader.entries(query.terms(boot), newest_first=newest_first)) as entries:
                for entry in entries:
                    yield boot, entry
        except OSError as error:  # a loss of power damages the end of one boot; the later ones are whole
            damage = error
    if damage is not None:
        raise _unreadable(damage)


def follow(reader: Reader, query: Query, origins: GateOrigins, boot: Boot, after: str = "") -> Iterator[Record]:
    """Yield the events of one boot behind the entry with the cursor ``after``, then new ones, without end.

    Raises JournalError.
    """
    try:
        with closing(reader.entries(query.terms(boot), after=after, follow=True)) as entries:
            for entry in entries:
                record = _record(entry, origins, boot)
                if record is not None:
                    yield record
    except OSError as error:
        raise _unreadable(error) from error


def event_of(fields: Mapping[str, Any]) -> Event | None:
    """Which event an entry with these fields is; None if it is not one of ours."""
    try:
        return _EVENT_BY_ID.get(fields["MESSAGE_ID"])
    except (KeyError, TypeError):  # another program may write an entry with no id, or with two
        return None


def origin_of(fields: Mapping[str, Any]) -> Origin:
    """Who wrote an entry."""
    return Origin(text_of(fields, "_SYSTEMD_UNIT"), whole_of(fields, "_UID"))


def whole_of(fields: Mapping[str, Any], name: str) -> int | None:
    """A field's number from 0 on; None if the entry has none, or one that no field of ours can have."""
    text = text_of(fields, name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def text_of(fields: Mapping[str, Any], name: str) -> str:
    """A field's text; empty if the entry does not have it."""
    value = fields.get(name, b"")
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def time_of(at_us: int) -> datetime:
    """A time of an entry, in this machine's time zone."""
    return (_EPOCH + timedelta(microseconds=min(max(at_us, 0), LATEST_US))).astimezone()


def _record(entry: RawEntry, origins: GateOrigins, boot: Boot) -> Record | None:
    fields = entry.fields
    event = event_of(fields)
    if event is None:
        return None
    origin = origin_of(fields)
    names = sorted(
        name for name in fields if name.startswith(_PREFIX) and name not in ("BINARYCOP_EVENT", "BINARYCOP_GATE")
    )
    at = time_of(entry.at_us)
    return Record(
        at=at,
        boot=boot.id,
        event=event.spec.name,
        gate=text_of(fields, "BINARYCOP_GATE"),
        text=text_of(fields, "MESSAGE"),
        values={(short := name.removeprefix(_PREFIX).lower()): _parse(short, text_of(fields, name)) for name in names},
        unit=origin.unit,
        is_trusted=origins.wrote(event, origin),
        clock_step=time_of(entry.at_us + boot.clock_step_us(entry)) - at,
        cursor=entry.cursor,
    )


def _has_class(event: Event, status: str | None) -> bool:
    return "class" in names_of(event) or (status == GateStatus.FAULT.value and event in _FAULTS)


def _unreadable(error: OSError) -> JournalError:
    return JournalError(f"it cannot be read to its end: {error.strerror or error}; see journalctl --verify")


def _parse(name: str, text: str) -> str | int | float:
    """Convert the text of a field back to a number, if it is one of the number fields and holds a number."""
    field = FIELDS.get(name)
    try:
        if isinstance(field, Integer):
            return int(text)
        number = float(text) if isinstance(field, Decimal) else 0.0
    except ValueError:
        return text
    # JSON has no infinity and no NaN.
    return number if isinstance(field, Decimal) and math.isfinite(number) else text
