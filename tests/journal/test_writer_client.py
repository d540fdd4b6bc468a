"""The daemon's side: it never waits, it keeps what it can, and counts the rest."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from binarycop.clock import ManualClock
from binarycop.journal.entry import decode
from binarycop.journal.events import Event
from binarycop.journal.fields import LossReason
from binarycop.journal.writer_client import MAX_WAITING, WriterClient
from binarycop.journal.writers import WRITER_SOCKET, TextJournal, WriterJournal, open_journal
from binarycop.settings.journal import JournalTarget


class Writer:
    """A writer's socket that keeps the entries, once it reads."""

    def __init__(self, address: Path) -> None:
        address.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        self._socket.setblocking(False)

    def read(self) -> list[tuple[str, dict[str, object]]]:
        """All entries that wait in the socket."""
        found: list[tuple[str, dict[str, object]]] = []
        while True:
            try:
                entry = decode(self._socket.recv(4096))
            except BlockingIOError:
                return found
            found.append((entry.event.spec.name, dict(entry.values)))

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def address(tmp_path: Path) -> Path:
    return tmp_path / "socket"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(100.0)


@pytest.fixture
def client(address: Path, clock: ManualClock) -> Iterator[WriterClient]:
    client = WriterClient(str(address), clock)
    yield client
    client.close(0.0)


def test_an_entry_is_there_at_once(client: WriterClient, address: Path) -> None:
    writer = Writer(address)
    client.send(Event.FIRE, "north", {"state": "active"})
    assert writer.read() == [("fire", {"state": "active"})]
    writer.close()


def test_entries_wait_in_order_for_a_writer_that_is_not_there_yet(client: WriterClient, address: Path) -> None:
    for person in range(5):
        client.send(Event.PERSON, "north", {"person": person})
    writer = Writer(address)
    client.flush()
    assert [values["person"] for _, values in writer.read()] == list(range(5))
    writer.close()


def test_a_writer_that_was_started_again_gets_what_comes(client: WriterClient, address: Path) -> None:
    Writer(address).close()
    client.send(Event.PERSON, "north", {"person": 1})
    writer = Writer(address)
    client.send(Event.PERSON, "north", {"person": 2})
    assert [values["person"] for _, values in writer.read()] == [1, 2]
    writer.close()


def test_a_writer_that_does_not_read_blocks_nobody_and_what_is_lost_is_told(
    client: WriterClient, address: Path, clock: ManualClock
) -> None:
    writer, count = Writer(address), 5000
    for person in range(count):
        client.send(Event.PERSON, "north", {"person": person})
    assert client.lost > 0
    lost, got = client.lost, []
    for _ in range(count):
        got += writer.read()
        client.flush()
    *persons, (name, fields) = got
    assert (name, fields) == ("unwritten", {"count": lost, "why": LossReason.NOT_TAKEN.value})
    assert [values["person"] for _, values in persons] == list(range(count - lost)), "the oldest are kept, in order"
    assert len(persons) >= MAX_WAITING
    assert client.lost == 0
    writer.close()


def test_losses_are_told_once_a_minute(client: WriterClient, address: Path, clock: ManualClock) -> None:
    for _ in range(2):
        for person in range(MAX_WAITING + 7):
            client.send(Event.PERSON, "north", {"person": person})
        writer, got = Writer(address), []
        for _ in range(MAX_WAITING):
            client.flush()
            got += writer.read()
        writer.close()
    assert [values["count"] for name, values in got if name == "unwritten"] == []
    clock.advance_to(161.0)
    writer = Writer(address)
    client.flush()
    assert writer.read() == [("unwritten", {"count": 7, "why": LossReason.NOT_TAKEN.value})]
    writer.close()


def test_closing_ends_though_the_writer_does_not_read(address: Path, clock: ManualClock) -> None:
    writer, client = Writer(address), WriterClient(str(address), clock)
    for person in range(1000):
        client.send(Event.PERSON, "north", {"person": person})
    client.close(0.01)
    writer.close()


def test_the_units_socket_comes_before_everything_but_the_setting_stderr(address: Path, clock: ManualClock) -> None:
    environment = {WRITER_SOCKET: str(address)}
    for target in (JournalTarget.AUTO, JournalTarget.JOURNALD):
        assert isinstance(open_journal(target, environment, clock), WriterJournal)
    assert isinstance(open_journal(JournalTarget.STDERR, environment, clock), TextJournal)


@pytest.mark.parametrize("value", [[1, 2, 3, 4], b"\xff\xd8", (1, 2)])
def test_only_texts_and_numbers_are_sent(value: object, address: Path, clock: ManualClock) -> None:
    journal = open_journal(JournalTarget.AUTO, {WRITER_SOCKET: str(address)}, clock)
    with pytest.raises(TypeError, match="not a text or number"):
        journal.write(Event.PERSON, "north", person=value)  # type: ignore[arg-type]
