"""Events back out of journald, across boots, through systemd's own Reader."""

import importlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from binarycop.errors import JournalError
from binarycop.journal.events import Event

_PREFIX = "BINARYCOP_"
_WAIT_S = 1.0
_WHOLE = ("person", "votes", "frames", "number", "most")
_DECIMAL = ("margin", "latency_ms", "seconds", "minutes")
_NAMES = {event.spec.message_id: event.spec.name for event in Event}


class Reader(Protocol):
    """What is used of ``systemd.journal.Reader`` (python-systemd 234 and later)."""

    def add_match(self, **fields: str) -> None:
        """Entries with this field; the same field again widens it, another one narrows it."""

    def seek_head(self) -> None:
        """To the oldest entry."""

    def seek_realtime(self, when: float) -> None:
        """To the first entry at or after ``when``, in seconds since 1970."""

    def get_next(self) -> Mapping[str, Any]:
        """The next entry; an empty mapping at the end."""

    def wait(self, timeout: float) -> int:
        """Return after ``timeout`` seconds, or sooner where something was written."""


@dataclass(frozen=True)
class Query:
    """Which events: all of them, or those of a time, a gate, a class."""

    since: datetime | None = None
    until: datetime | None = None
    gate: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class Record:
    """One event as it was written. at: with its time zone. boot: which start of the board it belongs to.

    values: the event's own fields.
    """

    at: datetime
    boot: str
    event: str
    gate: str
    text: str
    values: dict[str, str | int | float]


def open_reader() -> Reader:
    """journald's, for all files that this user may read. Raises JournalError where there is nothing to read."""
    try:
        journal = importlib.import_module("systemd.journal")
    except ImportError as error:
        raise JournalError("Python's systemd module is not there; apt install python3-systemd") from error
    try:
        reader = journal.Reader()
        is_there = reader.has_persistent_files() or reader.has_runtime_files()
    except OSError as error:
        raise JournalError(f"it cannot be opened: {error.strerror}") from error
    if not is_there:
        raise JournalError(
            "there is none that this user may read; be root or in the group systemd-journal, "
            "and see systemctl status systemd-journald"
        )
    found: Reader = reader
    return found


def read(reader: Reader, query: Query, *, follow: bool = False) -> Iterator[Record]:
    """The events that the query asks for, oldest first; with ``follow`` it goes on waiting for more.

    Raises JournalError where the journal breaks off.
    """
    try:
        for message_id in _NAMES:
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
                record = _record(entry)
                if record is None:
                    continue
                if query.until is not None and record.at > query.until:
                    return
                yield record
            if not follow:
                return
            reader.wait(_WAIT_S)
    except OSError as error:
        raise JournalError(f"it cannot be read on: {error.strerror}; see journalctl --verify") from error


def _record(entry: Mapping[str, Any]) -> Record | None:
    """None for an entry that is none of ours: any program may write one with two ids, of which one matches."""
    # python-systemd makes a UUID of these two where it knows them.
    message_id = str(entry["MESSAGE_ID"]).replace("-", "")
    if message_id not in _NAMES:
        return None
    values = {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in entry.items()
        if name.startswith(_PREFIX) and name not in ("BINARYCOP_EVENT", "BINARYCOP_GATE")
    }
    return Record(
        # python-systemd 234 and 235 give the local time without saying so.
        at=entry["__REALTIME_TIMESTAMP"].astimezone(),
        boot=str(entry.get("_BOOT_ID", "")).replace("-", ""),
        event=_NAMES[message_id],
        gate=str(entry.get("BINARYCOP_GATE", "")),
        text=str(entry.get("MESSAGE", "")),
        values={name: _number(name, str(value)) for name, value in sorted(values.items())},
    )


def _number(name: str, text: str) -> str | int | float:
    """Fields are texts to journald; those that were numbers are so again, unless somebody else wrote them."""
    try:
        if name in _WHOLE:
            return int(text)
        number = float(text) if name in _DECIMAL else 0.0
    except ValueError:
        return text
    # JSON knows neither infinity nor what is no number.
    return number if name in _DECIMAL and math.isfinite(number) else text
