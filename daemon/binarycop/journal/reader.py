"""Reads events back from journald, of all boots, through systemd's own Reader."""

import importlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from binarycop.errors import JournalError
from binarycop.journal.events import Event
from binarycop.journal.fields import FIELDS, Decimal, Integer
from binarycop.journal.origin import GateOrigins, Origin

_PREFIX = "BINARYCOP_"
_WAIT_S = 1.0
_EVENT_BY_ID = {event.spec.message_id: event for event in Event}


class Reader(Protocol):
    """The part of ``systemd.journal.Reader`` that is used here (python-systemd 234 and later)."""

    def add_match(self, **fields: str) -> None:
        """Select entries with this value: one value of each field must match."""

    def seek_head(self) -> None:
        """Go to the oldest entry."""

    def seek_realtime(self, when: float) -> None:
        """Go to the first entry at or after ``when``, in seconds since 1970."""

    def get_next(self) -> Mapping[str, Any]:
        """The next entry; an empty mapping at the end."""

    def wait(self, timeout: float) -> int:
        """Return after ``timeout`` seconds, or earlier if an entry was written."""


@dataclass(frozen=True)
class Query:
    """Which events to read. Each part that is not None narrows the selection.

    status: one of ``GateStatus``, as a text.
    """

    since: datetime | None = None
    until: datetime | None = None
    gate: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class Record:
    """One event as it was written.

    at: with its time zone. boot: the id of the boot in which it was written. values: the event's own fields. unit: the
    unit that wrote it. is_trusted: whether that is one of the gate's own; anybody may write an entry that looks the
    same otherwise.
    """

    at: datetime
    boot: str
    event: str
    gate: str
    text: str
    values: dict[str, str | int | float]
    unit: str
    is_trusted: bool


def open_reader() -> Reader:
    """Open journald's files, all that this user may read. Raises JournalError if there is nothing to read."""
    try:
        journal = importlib.import_module("systemd.journal")
    except ImportError as error:
        raise JournalError("Python's systemd module is missing; apt install python3-systemd") from error
    try:
        reader = journal.Reader()
        has_files = reader.has_persistent_files() or reader.has_runtime_files()
    except OSError as error:
        raise JournalError(f"it cannot be opened: {error.strerror}") from error
    if not has_files:
        raise JournalError(
            "this user may read no journal; be root or in the group systemd-journal, "
            "and see systemctl status systemd-journald"
        )
    opened: Reader = reader
    return opened


def read(reader: Reader, query: Query, origins: GateOrigins, *, follow: bool = False) -> Iterator[Record]:
    """Yield the events of the query, oldest first. With ``follow`` it then waits for new ones, without end.

    origins: says which entries are the gate's own.

    Raises JournalError if the journal cannot be read to its end.
    """
    try:
        for message_id in _EVENT_BY_ID:
            reader.add_match(MESSAGE_ID=message_id)
        if query.gate is not None:
            reader.add_match(BINARYCOP_GATE=query.gate)
        if query.status is not None:
            reader.add_match(BINARYCOP_CLASS=query.status)
        if query.since is None:
            reader.seek_head()
        else:
            reader.seek_realtime(query.since.timestamp())
        while True:
            while entry := reader.get_next():
                record = _record(entry, origins)
                if record is None:
                    continue
                if query.until is not None and record.at > query.until:
                    return
                yield record
            if not follow:
                return
            reader.wait(_WAIT_S)
    except OSError as error:
        raise JournalError(f"it cannot be read any further: {error.strerror}; see journalctl --verify") from error


def _record(entry: Mapping[str, Any], origins: GateOrigins) -> Record | None:
    """The entry as a record, or None if it is not one of ours: another program may write an entry with two ids."""
    # python-systemd converts MESSAGE_ID and _BOOT_ID to UUIDs.
    message_id = str(entry["MESSAGE_ID"]).replace("-", "")
    event = _EVENT_BY_ID.get(message_id)
    if event is None:
        return None
    origin = Origin(str(entry.get("_SYSTEMD_UNIT", "")), _uid(entry))
    values = {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in entry.items()
        if name.startswith(_PREFIX) and name not in ("BINARYCOP_EVENT", "BINARYCOP_GATE")
    }
    return Record(
        # python-systemd 234 and 235 give the local time without a time zone.
        at=entry["__REALTIME_TIMESTAMP"].astimezone(),
        boot=str(entry.get("_BOOT_ID", "")).replace("-", ""),
        event=event.spec.name,
        gate=str(entry.get("BINARYCOP_GATE", "")),
        text=str(entry.get("MESSAGE", "")),
        values={name: _parse_field(name, str(value)) for name, value in sorted(values.items())},
        unit=origin.unit,
        is_trusted=origins.wrote(event, origin),
    )


def _uid(entry: Mapping[str, Any]) -> int | None:
    try:
        return int(entry["_UID"])
    except (KeyError, TypeError, ValueError):
        return None


def _parse_field(name: str, text: str) -> str | int | float:
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
