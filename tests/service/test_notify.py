"""Messages to a service manager, which is a socket of the test."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from binarycop.service.notify import Notifier
from tests.patience import PATIENCE_S


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(PATIENCE_S)
        yield listener


def test_each_message_is_one_datagram_of_lines(manager: socket.socket) -> None:
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": manager.getsockname()})
    assert notifier.has_manager
    assert notifier.send("READY=1", "STATUS=in service\nREADY=0")
    assert manager.recv(1000) == b"READY=1\nSTATUS=in service READY=0"


def test_an_abstract_socket_gets_the_message_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")  # the kernel gives it an abstract address
        listener.settimeout(PATIENCE_S)
        address = listener.getsockname()
        assert Notifier("@" + address[1:].decode()).send("WATCHDOG=1")
        assert listener.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}])
def test_without_a_manager_send_does_nothing_and_succeeds(environment: dict[str, str]) -> None:
    notifier = Notifier.from_environment(environment)
    assert not notifier.has_manager
    assert notifier.send("READY=1")


def test_send_returns_false_when_the_manager_is_gone(tmp_path: Path) -> None:
    assert not Notifier(str(tmp_path / "nobody")).send("READY=1")


def test_send_does_not_wait_for_a_manager_that_does_not_read(manager: socket.socket) -> None:
    notifier = Notifier(manager.getsockname())
    # The kernel holds a few hundred messages at most.
    assert not all(notifier.send("STATUS=" + "x" * 1000) for _ in range(5000))
