"""Events are read back, here from a journal that the tests fake."""

import errno
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from types import ModuleType
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from binarycop.errors import JournalError
from binarycop.journal.events import Event
from binarycop.journal.journald import open_reader
from binarycop.journal.origin import GateOrigins
from binarycop.journal.reader import Query, Record, read
from binarycop.journal.writers import SystemdJournal, Value
from tests.tried import Kind, tried

ROOT, DAEMON, WRITER, NOBODY = 0, 990, 991, 65534
ORIGINS = GateOrigins({"root": ROOT, "binarycop": DAEMON, "binarycop-journal": WRITER})
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=timezone.utc)
BOOTS = tuple(UUID(int=number) for number in range(5))
RUNNING = BOOTS[4].hex


class Monotonic(NamedTuple):
    """As ``systemd.journal.Monotonic``."""

    timestamp: timedelta
    bootid: UUID


class FakeReader:
    """Gives entries as python-systemd does, in the order of ``entries``, selected by journald's rule for matches."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.matches: dict[str, set[str]] = {}
        self.later: list[list[dict[str, Any]]] = []
        self.damaged: int | None = None
        self._next = 0

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
            entry: dict[str, Any] = {**fields, "MESSAGE": text, "MESSAGE_ID": UUID(fields["MESSAGE_ID"])}
            origin = {"_SYSTEMD_UNIT": "binarycop-journal.service", "_UID": WRITER, "_BOOT_ID": BOOTS[boot]}
            since_boot = timedelta(seconds=at_s)
            stamps = {
                "__REALTIME_TIMESTAMP": NOON + since_boot + timedelta(seconds=step_s),
                "__MONOTONIC_TIMESTAMP": Monotonic(since_boot, BOOTS[boot]),
                "__CURSOR": f"s={series};i={len(self.entries) + 1:x};b={BOOTS[boot].hex}",
            }
            self.entries.append({**entry, **origin, **stamps})

        SystemdJournal(send).write(event, gate, **values)

    def add_match(self, **fields: str) -> None:
        for name, value in fields.items():
            self.matches.setdefault(name, set()).add(value)

    def flush_matches(self) -> None:
        self.matches.clear()

    def query_unique(self, field: str) -> set[UUID]:
        return {entry[field] for entry in self.entries}

    def seek_head(self) -> None:
        self._next = 0

    def seek_tail(self) -> None:
        self._next = len(self.entries)

    def get_next(self) -> Mapping[str, Any]:
        while self._next < len(self.entries):
            self._next += 1
            if self._is_selected(self.entries[self._next - 1]):
                return self._get(self._next - 1)
        return {}

    def get_previous(self) -> Mapping[str, Any]:
        while self._next > 0:
            self._next -= 1
            if self._is_selected(self.entries[self._next]):
                return self._get(self._next)
        return {}

    def _get(self, index: int) -> Mapping[str, Any]:
        if index == self.damaged:
            raise OSError(errno.EBADMSG, "Bad message")
        return self.entries[index]

    def _is_selected(self, entry: Mapping[str, Any]) -> bool:
        return all(str(entry.get(name, "")).replace("-", "") in wanted for name, wanted in self.matches.items())

    def wait(self, timeout: float) -> int:
        if not self.later:
            raise KeyboardInterrupt
        self.entries += self.later.pop(0)
        return 1


@pytest.fixture
def reader() -> FakeReader:
    reader = FakeReader()
    reader.write(Event.STARTED, bundle="n-cnv", version="0.1.0", backend="overlay", finder="yunet", source="0",
                mode="MJPG 640×480 at 30 Hz", lines="gpiochip", policy="enforce")  # fmt: skip
    reader.write(Event.REFUSE, "north", 10, person=1, bundle="n-cnv 0.1.0", votes=5, frames=8, margin=12.5,
                latency_ms=4.2, before="idle", after="idle", **{"class": "nose"})  # fmt: skip
    other = {"MESSAGE_ID": UUID(int=9), "MESSAGE": "another program's"}
    reader.entries.append({**reader.entries[-1], **other})
    reader.write(Event.PERMIT, "south", 20, 2, person=2, cause="verdict", **{"class": "correct"})
    return reader


def names(records: list[Record]) -> list[str]:
    return [record.event for record in records]


def test_all_events_of_all_boots_are_read_in_order_and_nothing_else(reader: FakeReader) -> None:
    records = list(read(reader, Query(), ORIGINS, RUNNING))
    assert names(records) == ["started", "refuse", "permit"]
    assert [record.boot[-1] for record in records] == ["1", "1", "2"]
    assert records[0].at == NOON


@tried(Kind.JOURNAL, "entries that another program wrote with the gate's ids", "left out, or shown with a mark")
@pytest.mark.parametrize(
    ("event", "unit", "uid", "is_trusted"),
    [
        (Event.PERMIT, "binarycop-journal.service", WRITER, True),
        (Event.PERMIT, "binarycop.service", DAEMON, True),  # written before there was a writer
        (Event.BUNDLE_BACK, "binarycop-overlay.service", ROOT, True),
        (Event.GAVE_UP, "binarycop-degraded.service", DAEMON, True),
        (Event.GAVE_UP, "", DAEMON, True),  # its process has ended before journald looks up the unit
        (Event.PERMIT, "", DAEMON, False),
        (Event.GAVE_UP, "", NOBODY, False),
        (Event.PERMIT, "session-3.scope", NOBODY, False),
        (Event.PERMIT, "session-3.scope", ROOT, False),
        (Event.PERMIT, "binarycop-journal.service", NOBODY, False),
        (Event.PERMIT, "cron.service", WRITER, False),
        (Event.PERMIT, "binarycop-journal.service", None, False),
        (Event.PERMIT, None, None, False),
    ],
)
def test_only_what_the_gates_own_units_wrote_is_trusted(
    event: Event, unit: str | None, uid: int | None, is_trusted: bool
) -> None:
    reader = FakeReader()
    reader.write(event, person=1, cause="verdict", minutes=10, bundle="", refused="", version="", reason="",
                 **{"class": "correct"})  # fmt: skip
    entry = reader.entries[0]
    for name, value in (("_SYSTEMD_UNIT", unit), ("_UID", uid)):
        if value is None:
            del entry[name]
        else:
            entry[name] = value
    # journald lets no program write a field that begins with an underscore, but others may be anything.
    entry |= {"SYSLOG_IDENTIFIER": "binarycop", "UNIT": "binarycop-journal.service", "OBJECT_UID": str(WRITER)}
    [record] = read(reader, Query(), ORIGINS, RUNNING)
    assert (record.is_trusted, record.unit) == (is_trusted, unit or "")


def test_without_the_gates_users_nothing_is_trusted(reader: FakeReader) -> None:
    assert not any(record.is_trusted for record in read(reader, Query(), GateOrigins({"root": ROOT}), RUNNING))


@tried(Kind.JOURNAL, "python-systemd's times without a time zone", "local time")
def test_a_time_without_a_time_zone_is_local(reader: FakeReader) -> None:
    reader.entries[0]["__REALTIME_TIMESTAMP"] = NOON.astimezone().replace(tzinfo=None)
    assert next(read(reader, Query(), ORIGINS, RUNNING)).at == NOON


def test_number_fields_become_numbers_again(reader: FakeReader) -> None:
    [_, refusal, _] = read(reader, Query(), ORIGINS, RUNNING)
    assert refusal.gate == "north"
    assert refusal.text == "north: person 1: permission refused (nose)"
    assert refusal.values == {
        "after": "idle", "before": "idle", "bundle": "n-cnv 0.1.0", "class": "nose", "frames": 8, "latency_ms": 4.2,
        "margin": 12.5, "person": 1, "votes": 5,
    }  # fmt: skip


def test_a_number_field_with_another_text_stays_a_text(reader: FakeReader) -> None:
    reader.entries[1]["BINARYCOP_VOTES"] = "many"
    assert list(read(reader, Query(), ORIGINS, RUNNING))[1].values["votes"] == "many"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(gate="north"), ["refuse"]),
        (Query(gate="west"), []),
        (Query(status="correct"), ["permit"]),
        (Query(gate="north", status="correct"), []),
    ],
)
def test_a_query_selects_events(reader: FakeReader, query: Query, expected: list[str]) -> None:
    assert names(list(read(reader, query, ORIGINS, RUNNING))) == expected


def test_following_yields_new_events_until_it_is_interrupted(reader: FakeReader) -> None:
    more = FakeReader()
    more.write(Event.FIRE, "gate", 30, 4, state="active")
    reader.later = [[], more.entries]
    following = read(reader, Query(), ORIGINS, RUNNING, follow=True)
    names = [next(following).event for _ in range(4)]
    with pytest.raises(KeyboardInterrupt):
        next(following)
    assert names == ["started", "refuse", "permit", "fire"]


@tried(Kind.JOURNAL, "its last entry is damaged, as after a loss of power", "all other boots are shown, then an error")
@pytest.mark.parametrize("damaged", [2, 4])
def test_an_error_comes_after_all_events_that_can_be_read(reader: FakeReader, damaged: int) -> None:
    del reader.entries[2]  # the other program's
    for boot in (2, 3):
        reader.write(Event.FIRE, "gate", 30, boot, state="active")
    reader.damaged = damaged
    reading = read(reader, Query(), ORIGINS, RUNNING)
    assert names([next(reading) for _ in range(4 if damaged == 4 else 3)])[:2] == ["started", "refuse"]
    with pytest.raises(JournalError, match="journal: it cannot be read to its end: Bad message; see journalctl --ver"):
        next(reading)


def install(monkeypatch: pytest.MonkeyPatch, reader: Any) -> None:
    """Fake the module systemd.journal with this Reader; None for a machine without python-systemd."""
    module = None
    if reader is not None:
        module = ModuleType("systemd.journal")
        module.Reader = reader  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "systemd", ModuleType("systemd"))
    monkeypatch.setitem(sys.modules, "systemd.journal", module)


@tried(Kind.JOURNAL, "a machine without python3-systemd", "refused: names the package")
def test_without_pythons_systemd_module_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, None)
    with pytest.raises(
        JournalError, match=r"apt install python3-systemd, or for a virtual environment, .* pip install systemd-python"
    ):
        open_reader()


@tried(Kind.JOURNAL, "a user who may read no journal", "refused: names the groups")
def test_without_a_readable_file_the_error_says_who_may_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Empty(FakeReader):
        def has_persistent_files(self) -> bool:
            return False

        has_runtime_files = has_persistent_files

    install(monkeypatch, Empty)
    with pytest.raises(JournalError, match="be root or in the group systemd-journal"):
        open_reader()


def test_a_journal_that_cannot_be_opened_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> FakeReader:
        raise OSError(errno.EIO, "Input/output error")

    install(monkeypatch, broken)
    with pytest.raises(JournalError, match="cannot be opened: Input/output error"):
        open_reader()
