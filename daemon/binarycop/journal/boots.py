"""The boots in the journal, in their order.

The times of entries do not give this order: a board without a battery for its clock starts each boot at some old time,
and somebody may once have set the clock to next year. journald numbers its entries, and the next boot continues the
numbers, unless the file was not closed, as after a loss of power. Then a new series of numbers begins.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from binarycop.journal.journald import Reader

_MIN_STEP = timedelta(minutes=1)  # less is a clock that was corrected, not one that was not set
_UNKNOWN = datetime.max.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Stamp:
    """When an entry was written: by the clock, and by the time since the start of the boot."""

    at: datetime
    since_boot: timedelta

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Stamp":
        """The stamp of an entry."""
        # python-systemd 234 and 235 give the local time without a time zone.
        return cls(entry["__REALTIME_TIMESTAMP"].astimezone(), entry["__MONOTONIC_TIMESTAMP"].timestamp)


@dataclass(frozen=True)
class Boot:
    """id: in hex. series, number: where its first entry is. last: when any program wrote its last entry, if known."""

    id: str
    series: str = ""
    number: int = 0
    last: Stamp | None = None

    def clock_step(self, stamp: Stamp) -> timedelta:
        """By how much the clock was set after an entry of this boot; 0 if by less than a minute, or not at all.

        Measured with the time since the boot, which nobody can set. It does not go on while a computer sleeps.
        """
        if self.last is None or stamp.since_boot > self.last.since_boot:  # written since the last one was looked up
            return timedelta(0)
        step = (self.last.at - stamp.at) - (self.last.since_boot - stamp.since_boot)
        return step if abs(step) >= _MIN_STEP else timedelta(0)


def read_boots(reader: Reader, running: str) -> list[Boot]:
    """Every boot that has entries, oldest first, and last the one that runs now. It changes the reader's matches.

    Boots of one series are in the order of their numbers. Series are in the order of the clock at their ends: it may
    have been set by then. Only a whole series with a wrong clock is in the wrong place.
    """
    boots = [_read_boot(reader, uuid.hex) for uuid in reader.query_unique("_BOOT_ID")]
    newest: dict[str, Boot] = {}
    for boot in sorted(boots, key=lambda boot: boot.number):
        newest[boot.series] = boot

    def order(boot: Boot) -> tuple[bool, datetime, int]:
        end = newest[boot.series]
        return end.id == running, end.last.at if end.last else _UNKNOWN, boot.number

    return sorted(boots, key=order)


def _read_boot(reader: Reader, boot: str) -> Boot:
    reader.flush_matches()
    reader.add_match(_BOOT_ID=boot)
    reader.seek_head()
    first = _entry(reader.get_next)
    reader.seek_tail()
    last = _entry(reader.get_previous) or first
    series, number = _numbering(first) or (boot, 0)
    return Boot(boot, series, number, Stamp.of(last) if last else None)


def _entry(step: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """An entry; empty if it is damaged, as the last one may be after a loss of power."""
    with suppress(OSError):
        return step()
    return {}


def _numbering(entry: Mapping[str, Any]) -> tuple[str, int] | None:
    """The series of an entry's number, and the number, if known. python-systemd has them in the cursor only."""
    parts = dict(part.partition("=")[::2] for part in str(entry.get("__CURSOR", "")).split(";"))
    try:
        return parts["s"], int(parts["i"], 16)
    except (KeyError, ValueError):
        return None
