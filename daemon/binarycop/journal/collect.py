"""Reads a journal into statistics."""

from collections.abc import Callable, Hashable, Sequence

from binarycop.journal.boots import Boot
from binarycop.journal.journald import RawEntry, Reader
from binarycop.journal.origin import GateOrigins
from binarycop.journal.reader import Query, event_of, origin_of, read_raw
from binarycop.journal.statistics import Statistics

_ENTRIES_PER_PROGRESS = 4096
_MOST_ORIGINS = 10_000


def collect(
    reader: Reader,
    boots: Sequence[Boot],
    origins: GateOrigins,
    statistics: Statistics,
    now_us: int,
    on_progress: Callable[[float], None],
) -> None:
    """Give the statistics every event of these boots that the gate's own units wrote.

    now_us: where the last boot ends. on_progress: called with the share that is done, often. Raises JournalError.
    """
    total_us, done_us = max(sum(_ends_us(boot)[1] - _ends_us(boot)[0] for boot in boots), 1), 0
    trusted: dict[Hashable, bool] = {}
    service, current, until = statistics.service, None, _ENTRIES_PER_PROGRESS
    for boot in boots:
        service.add_boot(_ends_us(boot)[0], now_us if boot is boots[-1] else _ends_us(boot)[1])
    for boot, entry in read_raw(reader, Query(), boots):
        if boot is not current:
            if current is not None:
                begun_us, ended_us = _ends_us(current)
                service.end(ended_us)
                done_us += ended_us - begun_us
            current = boot
        fields = entry.fields
        event = event_of(fields)
        if event is None:
            continue
        # Most entries have the same few origins.
        name = event.spec.name
        key = (name, fields.get("_SYSTEMD_UNIT"), fields.get("_UID"))
        try:
            is_trusted = trusted.get(key)
        except TypeError:  # several units or users, which journald never writes
            is_trusted = False
        if is_trusted is None:
            is_trusted = origins.wrote(event, origin_of(fields))
            if len(trusted) < _MOST_ORIGINS:
                trusted[key] = is_trusted
        if is_trusted:
            statistics.add(name, _time_us(boot, entry), fields)
        else:
            statistics.untrusted += 1
        until -= 1
        if not until:
            until = _ENTRIES_PER_PROGRESS
            on_progress(min((done_us + _time_us(boot, entry) - _ends_us(boot)[0]) / total_us, 1.0))
    if current is not None:
        service.end(now_us if current is boots[-1] else _ends_us(current)[1])


def _time_us(boot: Boot, entry: RawEntry) -> int:
    """When an entry was written, by the clock as it was at the end of its boot: it may have been set only then."""
    last = boot.last
    if last is None or entry.since_boot_us > last.since_boot_us:
        return entry.at_us
    return last.at_us - last.since_boot_us + entry.since_boot_us


def _ends_us(boot: Boot) -> tuple[int, int]:
    """When its first and its last entry were written, by the same clock; the same time if that is not known."""
    if boot.first is None or boot.last is None:
        return 0, 0
    return boot.last.at_us - boot.last.since_boot_us + boot.first.since_boot_us, boot.last.at_us
