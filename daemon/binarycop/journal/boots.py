"""The boots in the journal, in their order.

The times of entries do not give this order: a board without a battery for its clock starts each boot with an old time,
and the clock may once have been set to a wrong year. journald numbers its entries, and the next boot continues the
numbers, unless the file was not closed, as after a loss of power. Then a new series of numbers begins.
"""

from contextlib import closing, suppress
from dataclasses import dataclass

from binarycop.errors import JournalError
from binarycop.journal.journald import RawEntry, Reader

_MIN_STEP_US = 60_000_000  # less is a clock that was corrected, not one that was not set
_UNKNOWN_US = 1 << 64


@dataclass(frozen=True)
class Stamp:
    """When an entry was written: by the clock, since 1970, and by the time since the start of the boot."""

    at_us: int
    since_boot_us: int


@dataclass(frozen=True)
class Boot:
    """id: in hex. series, number: where its first entry is. first, last: of all programs' entries, if known."""

    id: str
    series: str = ""
    number: int = 0
    first: Stamp | None = None
    last: Stamp | None = None

    def clock_step_us(self, entry: Stamp | RawEntry) -> int:
        """By how much the clock was set after an entry of this boot; 0 if by less than a minute, or not at all.

        Measured with the time since the boot, which cannot be set. It does not advance while a computer sleeps.
        """
        last = self.last
        if last is None or entry.since_boot_us > last.since_boot_us:  # written since the last one was looked up
            return 0
        step_us = (last.at_us - entry.at_us) - (last.since_boot_us - entry.since_boot_us)
        return step_us if abs(step_us) >= _MIN_STEP_US else 0


def read_boots(reader: Reader, running: str) -> list[Boot]:
    """Every boot that has entries, oldest first, and last the one that runs now.

    Boots of one series are in the order of their numbers. Series are in the order of the clock at their ends: it may
    have been set by then. Only a whole series with a wrong clock is in the wrong place. Raises JournalError.
    """
    boots = [_read_boot(reader, boot) for boot in values_of(reader, "_BOOT_ID")]
    newest: dict[str, Boot] = {}
    for boot in sorted(boots, key=lambda boot: boot.number):
        newest[boot.series] = boot

    def order(boot: Boot) -> tuple[bool, int, int]:
        end = newest[boot.series]
        return end.id == running, end.last.at_us if end.last else _UNKNOWN_US, boot.number

    return sorted(boots, key=order)


def values_of(reader: Reader, field: str) -> set[str]:
    """Every value that the field has in any entry. Raises JournalError."""
    try:
        return reader.unique(field)
    except OSError as error:
        reason = error.strerror or error
        raise JournalError(f"its {field} cannot be listed: {reason}; see journalctl --verify") from error


def _read_boot(reader: Reader, boot: str) -> Boot:
    first = _end_of(reader, boot, newest_first=False)
    last = _end_of(reader, boot, newest_first=True) or first
    series, number = (first and _numbering(first.cursor)) or (boot, 0)
    return Boot(boot, series, number, _stamp(first), _stamp(last))


def _end_of(reader: Reader, boot: str, *, newest_first: bool) -> RawEntry | None:
    """Its first or last entry; None if it is damaged, as the last one may be after a loss of power."""
    with suppress(OSError), closing(reader.entries([{"_BOOT_ID": [boot]}], newest_first=newest_first)) as entries:
        return next(entries, None)
    return None


def _stamp(entry: RawEntry | None) -> Stamp | None:
    return Stamp(entry.at_us, entry.since_boot_us) if entry else None


def _numbering(cursor: str) -> tuple[str, int] | None:
    """The series of an entry's number, and the number, if known. python-systemd has them in the cursor only."""
    parts = dict(part.partition("=")[::2] for part in cursor.split(";"))
    try:
        return parts["s"], int(parts["i"], 16)
    except (KeyError, ValueError):
        return None
