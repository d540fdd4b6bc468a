"""The socket of ``binarycop status`` with readers that do what they must not."""

import errno
import json
import os
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from binarycop.clock import ManualClock, MonotonicClock
from binarycop.errors import OutputError, StatusDenied, StatusError
from binarycop.service import status_socket
from binarycop.service.status import Status
from binarycop.service.status_client import ask
from binarycop.service.status_codec import MOST_BYTES, decode, encode
from binarycop.service.status_server import DEADLINE_S, MOST_OPEN, StatusServer, open_status
from tests.patience import PATIENCE_S
from tests.service.statuses import STATUS

_ABANDONED = 64


class Answering:
    """A server whose thread does not run: the test takes its turns."""

    def __init__(self, path: Path) -> None:
        self.path, self.clock = path, ManualClock(100.0)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(200)
        self.server = StatusServer(self._listener, self.clock)
        self.server._newest = STATUS, 100.0  # as publish does, without its thread
        self.readers: list[socket.socket] = []

    def connect(self, count: int = 1) -> list[socket.socket]:
        new = [socket.socket(socket.AF_UNIX) for _ in range(count)]
        for reader in new:
            reader.settimeout(PATIENCE_S)
            reader.connect(str(self.path))
        self.readers += new
        return new

    def turns(self, count: int, *, every_s: float = 0.0) -> int:
        """Take so many turns. Returns how many readers were answered."""
        answered = 0
        for _ in range(count):
            self.clock.advance_to(self.clock.now_s() + every_s)
            answered += self.server.turn()
        return answered

    def close(self) -> None:
        for reader in self.readers:
            reader.close()
        self.server.turn()
        self.server.close()


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Answering]:
    made = Answering(tmp_path / "status")
    yield made
    made.close()


def read(reader: socket.socket) -> bytes:
    data = b""
    while part := reader.recv(MOST_BYTES):
        data += part
    return data


def test_each_connection_gets_one_answer_and_its_end(answering: Answering) -> None:
    [reader] = answering.connect()
    answering.clock.advance_to(100.3)
    assert answering.turns(3) == 1
    assert decode(read(reader)).age_s == 0.3
    answering.turns(1)
    assert answering.server.open_count == 0


def test_before_the_loops_first_step_nobody_is_answered(answering: Answering) -> None:
    answering.server._newest = None
    answering.connect()
    assert answering.turns(3) == 0


def test_a_hundred_readers_that_never_read_hold_sixteen_places_until_the_deadline(answering: Answering) -> None:
    answering.connect(100)
    assert answering.turns(95, every_s=0.02) == MOST_OPEN
    assert answering.server.open_count == MOST_OPEN
    assert answering.turns(100, every_s=DEADLINE_S / 100) == MOST_OPEN


def test_what_is_left_unread_is_bounded_over_the_daemons_life(answering: Answering) -> None:
    """It is the kernel's memory, but counts as the daemon's."""
    answering.connect(150)
    answered = 0
    for _ in range(50):
        answered += answering.turns(50, every_s=0.2)
    assert answered <= _ABANDONED + 2 * MOST_OPEN
    assert answering.server.open_count == MOST_OPEN


def test_readers_that_hold_their_answers_for_good_cost_a_few_turns_a_second(answering: Answering) -> None:
    server = answering.server
    server._abandoned = _ABANDONED
    assert server.pauses_s() == (1.0, 0.02)
    answering.connect(MOST_OPEN - 1)
    answering.turns(90, every_s=0.02)
    assert server.pauses_s() == (0.0, 0.02)
    answering.turns(1, every_s=DEADLINE_S)
    assert server.pauses_s() == (1.0, 0.02), "somebody else is answered at once"
    answering.connect(1)
    answering.turns(2)
    assert server.pauses_s() == (0.0, 0.02)
    answering.turns(1, every_s=DEADLINE_S)
    assert server.open_count == MOST_OPEN
    assert server.pauses_s() == (1.0, 0.5), "nobody can be answered"


def test_those_who_read_are_answered_after_readers_that_did_not(answering: Answering) -> None:
    idle = answering.connect(MOST_OPEN)
    assert answering.turns(90, every_s=0.02) == MOST_OPEN
    for reader in idle:
        reader.close()
    [good] = answering.connect()
    assert answering.turns(2) == 1
    assert decode(read(good)).origin == STATUS.origin


def test_readers_that_leave_at_once_are_no_trouble(answering: Answering) -> None:
    for reader in answering.connect(100):
        reader.close()
    assert answering.turns(1000, every_s=0.02) == 100
    assert answering.server.open_count == 0


def test_somebody_who_asks_in_a_loop_gets_ten_answers_a_second(answering: Answering) -> None:
    answered, [reader] = 0, answering.connect()
    for _ in range(500):
        if answering.turns(1, every_s=0.02):
            answered += 1
            assert read(reader)
            [reader] = answering.connect()
    assert answered == pytest.approx(10 * 10.0 + 5, abs=2)


def test_a_reader_that_leaves_in_the_middle_of_its_answer_frees_its_place(answering: Answering) -> None:
    [reader] = answering.connect()
    answering.turns(1)
    assert len(reader.recv(10)) == 10
    answering.turns(1)
    assert answering.server.open_count == 1
    reader.close()
    answering.turns(1)
    assert answering.server.open_count == 0


def test_what_a_reader_sends_is_never_read(answering: Answering) -> None:
    [reader] = answering.connect()
    reader.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            reader.send(b"\x00GET / HTTP/1.1\r\n\xff" * 100)
    reader.settimeout(PATIENCE_S)
    assert answering.turns(1) == 1
    assert decode(read(reader)).origin == STATUS.origin


def test_a_reader_that_only_closes_its_sending_side_still_holds_its_place(answering: Answering) -> None:
    [reader] = answering.connect()
    reader.shutdown(socket.SHUT_WR)
    answering.turns(2)
    assert answering.server.open_count == 1


def test_without_a_descriptor_left_it_goes_on(answering: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    answering.connect()

    def refuse(_: socket.socket) -> None:
        raise OSError(errno.EMFILE, "too many")

    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "accept", refuse)
        assert answering.turns(1) == 0
    assert answering.turns(1) == 1


def test_the_thread_answers_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "status"
    with open_status(path, {}, MonotonicClock()) as server:
        assert server is not None
        server.publish(STATUS)
        assert all(ask(path, PATIENCE_S).origin == STATUS.origin for _ in range(3))
        [thread] = [thread for thread in threading.enumerate() if thread.name == "status"]
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert not path.exists()


def test_only_the_same_user_may_ask_a_daemon_in_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "status"
    with status_socket.at_path(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_socket_of_a_daemon_that_was_killed_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    path = tmp_path / "status"
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    with status_socket.at_path(path):
        with pytest.raises(OutputError, match="a daemon that runs uses it"), status_socket.at_path(path):
            pass
        assert path.is_socket()
    path.write_text("a letter")
    with pytest.raises(OutputError, match="something else of that name"), status_socket.at_path(path):
        pass
    assert path.read_text() == "a letter"


@pytest.mark.parametrize("step", ["bind", "listen", "chmod", "lstat"])
def test_a_socket_that_cannot_be_made_is_closed_and_leaves_no_name(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, made = tmp_path / "status", list[socket.socket]()

    class Listener(socket.socket):
        def __init__(self, family: int) -> None:
            super().__init__(family)
            made.append(self)

    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(socket, "socket", Listener)
    if step == "lstat":
        monkeypatch.setattr(status_socket, "_remove_left_over", lambda _: None)
    monkeypatch.setattr(Path if step in ("chmod", "lstat") else Listener, step, refuse)
    with pytest.raises(OutputError, match="Input/output error"), status_socket.at_path(path):
        pass
    monkeypatch.undo()
    assert made[-1].fileno() == -1
    assert path.exists() is (step == "lstat")  # without it nobody knows whose the name is


def test_systemds_socket_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "status"))
        listener.listen()
        given = os.dup(listener.fileno())
        monkeypatch.setattr(status_socket, "_FIRST_FD", given - 1)
        environment = {"LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "other:status"}
        found = status_socket.of_systemd(environment, 7)
        assert found is not None
        assert found.getsockname() == str(tmp_path / "status")
        found.close()


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"LISTEN_PID": "8", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "status"},
        {"LISTEN_PID": "7", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "other"},
        {"LISTEN_PID": "7", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "other:status"},
        {"LISTEN_PID": "7", "LISTEN_FDS": "many", "LISTEN_FDNAMES": "status"},
        {"LISTEN_PID": "7", "LISTEN_FDS": "1"},
    ],
)
def test_a_socket_for_somebody_else_is_left_alone(environment: dict[str, str]) -> None:
    assert status_socket.of_systemd(environment, 7) is None


def test_without_a_socket_there_is_no_server() -> None:
    with open_status(None, {}, ManualClock()) as server:
        assert server is None


def test_a_daemon_that_does_not_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(StatusError, match="does not run"):
        ask(tmp_path / "status")
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(tmp_path / "status"))
    with pytest.raises(StatusError, match="does not run"):
        ask(tmp_path / "status")


def test_a_daemon_that_does_not_answer_is_given_up(answering: Answering) -> None:
    with pytest.raises(StatusError, match="no answer within"):
        ask(answering.path, 0.01)


def test_a_daemon_that_ends_before_it_answers_is_said(answering: Answering) -> None:
    answering.server._newest = None
    results: list[StatusError] = []

    def ask_once() -> None:
        try:
            ask(answering.path, PATIENCE_S)
        except StatusError as error:
            results.append(error)

    asking = threading.Thread(target=ask_once)
    asking.start()
    connection, _ = _accept(answering)
    connection.close()
    asking.join(PATIENCE_S)
    assert "ended before it answered" in str(results[0])


def test_a_status_that_cannot_be_encoded_is_said_and_the_thread_answers_the_next_ones(tmp_path: Path) -> None:
    path = tmp_path / "status"
    with open_status(path, {}, MonotonicClock()) as server:
        assert server is not None
        server.publish(replace(STATUS, p50_ms=float("nan")))
        with pytest.raises(StatusError, match="the daemon runs, but cannot put its status into an answer"):
            ask(path, PATIENCE_S)
        server.publish(STATUS)
        assert ask(path, PATIENCE_S).origin == STATUS.origin


def test_one_that_answers_a_byte_at_a_time_is_given_up(answering: Answering) -> None:
    """Its socket may be another's: the whole answer has a deadline, not each part of it."""
    is_over = threading.Event()

    def drip() -> None:
        connection, _ = _accept(answering)
        with connection, suppress(OSError):
            while not is_over.wait(0.01):
                connection.send(b" ")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        with pytest.raises(StatusError, match=r"no answer within 0\.2 s"):
            ask(answering.path, 0.2)
    finally:
        is_over.set()
        dripping.join(PATIENCE_S)


def test_what_is_quoted_of_a_wrong_answer_is_short(answering: Answering) -> None:
    tree = json.loads(encode(STATUS, 0.0))
    tree["gates"][0]["state"] = "x" * 60_000

    def answer() -> None:
        connection, _ = _accept(answering)
        with connection:
            connection.sendall(json.dumps(tree).encode() + b"\n")

    answers = threading.Thread(target=answer)
    answers.start()
    with pytest.raises(StatusError, match="not one of this version: 'xxx") as raised:
        ask(answering.path, PATIENCE_S)
    answers.join(PATIENCE_S)
    assert len(str(raised.value)) < 400


def test_more_who_ask_than_the_queue_holds_wait_for_their_turn(answering: Answering) -> None:
    answering._listener.listen(0)
    waiting = [answering.connect()[0]]
    with pytest.raises(StatusError, match=r"no answer within 0\.1 s: .* or too many ask it"):
        ask(answering.path, 0.1)
    found: list[Status] = []
    asking = threading.Thread(target=lambda: found.append(ask(answering.path, PATIENCE_S)))
    asking.start()
    while asking.is_alive():
        answering.turns(1, every_s=1.0)
        asking.join(0.01)
    assert found[0].origin == STATUS.origin
    assert decode(read(waiting[0])).origin == STATUS.origin


def _accept(answering: Answering) -> tuple[socket.socket, object]:
    answering._listener.settimeout(PATIENCE_S)
    try:
        return answering._listener.accept()
    finally:
        answering._listener.setblocking(False)  # as the server has it: its last turn would wait otherwise


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use every socket")
def test_somebody_else_may_not_ask(answering: Answering) -> None:
    answering.path.chmod(0)
    with pytest.raises(StatusDenied, match="only root and the group binarycop"):
        ask(answering.path)
