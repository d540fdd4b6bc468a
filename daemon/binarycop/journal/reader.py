"""Reads events back from journald: boot by boot, and in each boot in the order in which they were written.

One entry is in memory at a time. There is no seeking to a time: the times in a journal do not always rise, so each
event must be looked at.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from binarycop.errors import JournalError
from binarycop.journal.boots import Boot, Stamp, read_boots
from binarycop.journal.events import Event
from binarycop.journal.fields import FIELDS, Decimal, Integer
from binarycop.journal.journald import Reader
from binarycop.journal.origin import GateOrigins, Origin

_PREFIX = "BINARYCOP_"
_WAIT_S = 1.0
_EVENT_BY_ID = {event.spec.message_id: event for event in Event}


@dataclass(frozen=True)
class Query:
    """Which events to read. Each part that is not None narrows the selection.

    status: one of ``GateStatus``, as a text.
    """

    gate: str | None = None
    status: str | None = None


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


def read(
    reader: Reader, query: Query, origins: GateOrigins, running_boot: str, *, follow: bool = False
) -> Iterator[Record]:
    """Yield the events of the query: boot by boot, oldest first. With ``follow``, then wait for new ones, without end.

    origins: says which entries are the gate's own. running_boot: the id of the boot that runs now; new events are its.

    Raises JournalError if a boot cannot be read to its end, but only after all that can be read.
    """
    try:
        boots = read_boots(reader, running_boot)
        if follow and running_boot not in [boot.id for boot in boots]:
            boots.append(Boot(running_boot))
        damage: OSError | None = None
        for boot in boots:
            try:
                _select(reader, query, boot)
                yield from _records(reader, origins, boot)
            except OSError as error:  # a loss of power damages the end of one boot; the later ones are whole
                damage = error
        if damage is not None:
            raise damage
        while follow:
            reader.wait(_WAIT_S)
            yield from _records(reader, origins, boots[-1])
    except OSError as error:
        raise JournalError(f"it cannot be read to its end: {error.strerror}; see journalctl --verify") from error


def _select(reader: Reader, query: Query, boot: Boot) -> None:
    """Go to the first event of a boot."""
    reader.flush_matches()
    for message_id in _EVENT_BY_ID:
        reader.add_match(MESSAGE_ID=message_id)
    reader.add_match(_BOOT_ID=boot.id)
    if query.gate is not None:
        reader.add_match(BINARYCOP_GATE=query.gate)
    if query.status is not None:
        reader.add_match(BINARYCOP_CLASS=query.status)
    reader.seek_head()


def _records(reader: Reader, origins: GateOrigins, boot: Boot) -> Iterator[Record]:
    """The events up to the last one that there is now."""
    while entry := reader.get_next():
        record = _record(entry, origins, boot)
        if record is not None:
            yield record


def _record(entry: Mapping[str, Any], origins: GateOrigins, boot: Boot) -> Record | None:
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
    stamp = Stamp.of(entry)
    return Record(
        at=stamp.at,
        boot=boot.id,
        event=event.spec.name,
        gate=str(entry.get("BINARYCOP_GATE", "")),
        text=str(entry.get("MESSAGE", "")),
        values={name: _parse_field(name, str(value)) for name, value in sorted(values.items())},
        unit=origin.unit,
        is_trusted=origins.wrote(event, origin),
        clock_step=boot.clock_step(stamp),
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
