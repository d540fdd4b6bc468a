"""Events read back, from a journal of the tests' own."""

import errno
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from binarycop.errors import JournalError
from binarycop.journal.events import Event
from binarycop.journal.reader import Query, Record, open_reader, read
from binarycop.journal.writers import SystemdJournal, Value

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=timezone.utc)
BOOTS = (UUID(int=1), UUID(int=2))


class BundleStore:
    """Entries as python-systemd gives them, with journald's rule for matches."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.matches: dict[str, set[str]] = {}
        self.later: list[list[dict[str, Any]]] = []
        self.breaks: OSError | None = None
        self._next = 0

    def write(self, event: Event, gate: str = "gate", at_s: float = 0.0, boot: int = 0, /, **values: Value) -> None:
        """As the daemon writes it."""

        def send(text: str, **fields: str) -> None:
            entry: dict[str, Any] = {**fields, "MESSAGE": text, "MESSAGE_ID": UUID(fields["MESSAGE_ID"])}
            at = NOON + timedelta(seconds=at_s)
            self.entries.append({**entry, "__REALTIME_TIMESTAMP": at, "_BOOT_ID": BOOTS[boot]})

        SystemdJournal(send).write(event, gate, **values)

    def add_match(self, **fields: str) -> None:
        for name, value in fields.items():
            self.matches.setdefault(name, set()).add(value)

    def seek_head(self) -> None:
        self._next = 0

    def seek_realtime(self, when: float) -> None:
        times = [entry["__REALTIME_TIMESTAMP"].timestamp() for entry in self.entries]
        self._next = next((index for index, one in enumerate(times) if one >= when), len(times))

    def get_next(self) -> Mapping[str, Any]:
        while self._next < len(self.entries):
            entry = self.entries[self._next]
            self._next += 1
            if all(str(entry.get(name, "")).replace("-", "") in wanted for name, wanted in self.matches.items()):
                return entry
        if self.breaks:
            raise self.breaks
        return {}

    def wait(self, timeout: float) -> int:
        if not self.later:
            raise KeyboardInterrupt
        self.entries += self.later.pop(0)
        return 1


@pytest.fixture
def shelf() -> BundleStore:
    shelf = BundleStore()
    shelf.write(Event.STARTED, bundle="n-cnv", version="0.1.0", backend="overlay", finder="yunet", source="0",
                lines="gpiochip", policy="enforce")  # fmt: skip
    shelf.write(Event.REFUSE, "north", 10, person=1, bundle="n-cnv 0.1.0", votes=5, frames=8, margin=12.5,
                latency_ms=4.2, before="idle", after="idle", **{"class": "nose"})  # fmt: skip
    other = {"MESSAGE_ID": UUID(int=9), "MESSAGE": "another program's"}
    shelf.entries.append({**shelf.entries[-1], **other})
    shelf.write(Event.PERMIT, "south", 20, 1, person=2, cause="verdict", **{"class": "correct"})
    return shelf


def names(records: list[Record]) -> list[str]:
    return [record.event for record in records]


def test_every_event_is_given_in_order_over_all_boots_and_nothing_else(shelf: BundleStore) -> None:
    records = list(read(shelf, Query()))
    assert names(records) == ["started", "refuse", "permit"]
    assert [record.boot[-1] for record in records] == ["1", "1", "2"]
    assert records[0].at == NOON


def test_a_time_without_a_zone_is_local(shelf: BundleStore) -> None:
    shelf.entries[0]["__REALTIME_TIMESTAMP"] = NOON.astimezone().replace(tzinfo=None)
    assert next(read(shelf, Query(until=NOON))).at == NOON


def test_numbers_are_numbers_again(shelf: BundleStore) -> None:
    [_, refusal, _] = read(shelf, Query())
    assert refusal.gate == "north"
    assert refusal.text == "north: person 1: refused (nose)"
    assert refusal.values == {
        "after": "idle", "before": "idle", "bundle": "n-cnv 0.1.0", "class": "nose", "frames": 8, "latency_ms": 4.2,
        "margin": 12.5, "person": 1, "votes": 5,
    }  # fmt: skip


def test_a_field_that_is_no_number_is_shown_as_it_is(shelf: BundleStore) -> None:
    shelf.entries[1]["BINARYCOP_VOTES"] = "many"
    assert list(read(shelf, Query()))[1].values["votes"] == "many"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(since=NOON + timedelta(seconds=10)), ["refuse", "permit"]),
        (Query(until=NOON + timedelta(seconds=10)), ["started", "refuse"]),
        (Query(gate="north"), ["refuse"]),
        (Query(gate="west"), []),
        (Query(status="correct"), ["permit"]),
        (Query(gate="north", status="correct"), []),
    ],
)
def test_a_query_narrows_it_down(shelf: BundleStore, query: Query, expected: list[str]) -> None:
    assert names(list(read(shelf, query))) == expected


def test_following_gives_what_comes_until_it_is_interrupted(shelf: BundleStore) -> None:
    more = BundleStore()
    more.write(Event.FIRE, "gate", 30, state="active")
    shelf.later = [[], more.entries]
    following = read(shelf, Query(since=NOON + timedelta(seconds=20)), follow=True)
    told = [next(following).event, next(following).event]
    with pytest.raises(KeyboardInterrupt):
        next(following)
    assert told == ["permit", "fire"]


def test_a_journal_that_breaks_off_is_an_error_after_what_could_be_read(shelf: BundleStore) -> None:
    shelf.breaks = OSError(errno.EBADMSG, "Bad message")
    reading = read(shelf, Query())
    assert [next(reading).event for _ in range(3)] == ["started", "refuse", "permit"]
    with pytest.raises(JournalError, match="journal: it cannot be read on: Bad message; see journalctl --verify"):
        next(reading)


def install(monkeypatch: pytest.MonkeyPatch, reader: Any) -> None:
    """A python-systemd whose Reader is this; None for a machine without it."""
    module = None
    if reader is not None:
        module = ModuleType("systemd.journal")
        module.Reader = reader  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "systemd", ModuleType("systemd"))
    monkeypatch.setitem(sys.modules, "systemd.journal", module)


def test_without_pythons_systemd_module_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, None)
    with pytest.raises(JournalError, match="apt install python3-systemd"):
        open_reader()


def test_without_a_file_that_may_be_read_it_says_who_may(monkeypatch: pytest.MonkeyPatch) -> None:
    class Empty(BundleStore):
        def has_persistent_files(self) -> bool:
            return False

        has_runtime_files = has_persistent_files

    install(monkeypatch, Empty)
    with pytest.raises(JournalError, match="be root or in the group systemd-journal"):
        open_reader()


def test_a_journal_that_cannot_be_opened_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> BundleStore:
        raise OSError(errno.EIO, "Input/output error")

    install(monkeypatch, broken)
    with pytest.raises(JournalError, match="cannot be opened: Input/output error"):
        open_reader()
