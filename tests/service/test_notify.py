"""What the service manager is told, on a socket of the tests' own."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from binarycop.service.notify import Notifier


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def test_each_message_is_one_datagram_of_lines(manager: socket.socket) -> None:
    notifier = Notifier.of({"NOTIFY_SOCKET": manager.getsockname()})
    assert notifier.is_heard
    assert notifier.say("READY=1", "STATUS=looking\nREADY=0")
    assert manager.recv(1000) == b"READY=1\nSTATUS=looking READY=0"


def test_an_abstract_socket_is_found_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("")  # the kernel gives it an abstract address
        listening.settimeout(5)
        address = listening.getsockname()
        assert Notifier("@" + address[1:].decode()).say("WATCHDOG=1")
        assert listening.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}])
def test_without_a_manager_nothing_is_said_and_nothing_is_wrong(environment: dict[str, str]) -> None:
    notifier = Notifier.of(environment)
    assert not notifier.is_heard
    assert notifier.say("READY=1")


def test_a_manager_that_has_gone_is_told_of_by_the_answer(tmp_path: Path) -> None:
    assert not Notifier(str(tmp_path / "nobody")).say("READY=1")


def test_a_manager_that_does_not_read_is_not_waited_for(manager: socket.socket) -> None:
    notifier = Notifier(manager.getsockname())
    # The kernel holds a few hundred messages at most.
    assert not all(notifier.say("STATUS=" + "x" * 1000) for _ in range(5000))
