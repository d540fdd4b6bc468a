"""A journal in memory, as journald gives it."""

import errno
from collections.abc import Generator
from datetime import datetime, timezone
from typing import Any
from uuid import UUID

from binarycop.journal.boots import read_boots
from binarycop.journal.events import Event
from binarycop.journal.journald import RawEntry, Terms
from binarycop.journal.origin import GateOrigins
from binarycop.journal.reader import Query, Record, read
from binarycop.journal.writers import SystemdJournal, Value

ROOT, DAEMON, WRITER, NOBODY = 0, 990, 991, 65534
ORIGINS = GateOrigins({"root": ROOT, "binarycop": DAEMON, "binarycop-journal": WRITER})
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=timezone.utc)
BOOTS = tuple(UUID(int=number).hex for number in range(5))
RUNNING = BOOTS[4]


class FakeReader:
    """Gives entries in the order of ``stored``, selected by journald's rule for matches.

    damaged: the entry that cannot be read. later: what is written while somebody follows.
    """

    def __init__(self) -> None:
        self.stored: list[RawEntry] = []
        self.later: list[list[RawEntry]] = []
        self.damaged: int | None = None

    def write(
        self,
        event: Event,
        gate: str = "gate",
        at_s: float = 0.0,
        boot: int = 1,
        series: str = "a",
        step_s: float = 0.0,
        /,
        **values: Value,
    ) -> None:
        """Add an event as the daemon writes it, ``at_s`` seconds after noon and as many after the boot.

        series: of its number. step_s: by how much the clock is fast.
        """

        def send(text: str, **fields: str) -> None:
            origin = {"_SYSTEMD_UNIT": "binarycop-journal.service", "_UID": str(WRITER), "_BOOT_ID": BOOTS[boot]}
            encoded = {name: value.encode() for name, value in {**fields, **origin, "MESSAGE": text}.items()}
            at_us = round((NOON.timestamp() + at_s + step_s) * 1e6)
            cursor = f"s={series};i={len(self.stored) + 1:x};b={BOOTS[boot]}"
            self.stored.append(RawEntry(at_us, round(at_s * 1e6), cursor, encoded))

        SystemdJournal(send).write(event, gate, **values)

    def alter(self, index: int, **fields: Any) -> None:
        """Give an entry other fields; None removes one."""
        entry = self.stored[index]
        changed = {name: value for name, value in {**entry.fields, **fields}.items() if value is not None}
        self.stored[index] = entry._replace(fields=changed)

    def unique(self, field: str) -> set[str]:
        return {entry.fields[field].decode() for entry in self.stored if field in entry.fields}

    def entries(
        self, terms: Terms, *, newest_first: bool = False, after: str = "", follow: bool = False
    ) -> Generator[RawEntry, None, None]:
        indexes = range(len(self.stored))
        for index in reversed(indexes) if newest_first else indexes:
            entry = self.stored[index]
            if not _is_selected(entry, terms) or index < self._index_after(after):
                continue
            if index == self.damaged:
                raise OSError(errno.EBADMSG, "Bad message")
            yield entry
        while follow:
            if not self.later:
                raise KeyboardInterrupt
            yield from (entry for entry in self.later.pop(0) if _is_selected(entry, terms))

    def _index_after(self, cursor: str) -> int:
        return next((index for index, entry in enumerate(self.stored, 1) if entry.cursor == cursor), 0)


def records_of(reader: FakeReader, query: Query | None = None, origins: GateOrigins = ORIGINS) -> list[Record]:
    """All events of a query."""
    return list(read(reader, query or Query(), origins, read_boots(reader, RUNNING)))


def _is_selected(entry: RawEntry, terms: Terms) -> bool:
    return any(
        all(entry.fields.get(name) in [value.encode() for value in values] for name, values in term.items())
        for term in terms
    )
