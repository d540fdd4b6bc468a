"""``binarycop write-journal``: the journal's writer, which systemd starts (binarycop-journal.service)."""

import argparse
import os
import pwd
import signal
import socket

from binarycop.clock import Clock, MonotonicClock
from binarycop.errors import JournalError
from binarycop.journal.journal_writer import JournalWriter, Limits, receive
from binarycop.service.notify import Notifier

_JOURNALD = "/run/systemd/journal/socket"
_FIRST_FD = 3  # sd_listen_fds(3)
_MOST_GATES = 16  # as many as the settings may have; their module would bring YAML into this process
_TURN_S = 5.0
_SEND_S = 5.0


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--sender", default="binarycop", metavar="USER", help="who may write, besides root (default: binarycop)"
    )
    parser.add_argument(
        "--gates",
        type=int,
        choices=range(1, _MOST_GATES + 1),
        default=1,
        metavar="COUNT",
        help="how many gates write: so much more goes to the journal in the long run (default: 1)",
    )
    parser.add_argument(
        "--journald", default=_JOURNALD, metavar="SOCKET", help=f"where entries go (default: {_JOURNALD})"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write until systemd ends it. Raises JournalError if systemd gave no socket, or if there is no such user."""
    try:
        sender = pwd.getpwnam(options.sender).pw_uid
    except KeyError as error:
        raise JournalError(f"there is no user {options.sender}") from error
    clock = MonotonicClock()
    with _socket_of_systemd() as opened, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.settimeout(_SEND_S)

        def send(datagram: bytes) -> bool:
            try:
                out.sendto(datagram, options.journald)
            except OSError:
                return False
            return True

        limits = Limits(units_per_s=options.gates * Limits.units_per_s)
        writer = JournalWriter(send, {sender, 0}, limits, clock.now_s())
        signal.signal(signal.SIGTERM, _end)
        try:
            _serve(opened, writer, clock, Notifier.from_environment(os.environ))
        except KeyboardInterrupt:
            writer.report(clock.now_s(), is_end=True)
    return 0


def _serve(opened: socket.socket, writer: JournalWriter, clock: Clock, notifier: Notifier) -> None:
    notifier.send("READY=1")
    notified_s = clock.now_s()
    while True:
        try:
            datagram, uid = receive(opened)
            writer.take(datagram, uid, clock.now_s())
        except TimeoutError:
            pass
        now_s = clock.now_s()
        writer.report(now_s)
        if now_s >= notified_s + _TURN_S:
            notifier.send("WATCHDOG=1")
            notified_s = now_s


def _socket_of_systemd() -> socket.socket:
    """The socket that systemd hands over (sd_listen_fds(3)). Raises JournalError."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
        raise JournalError("systemd gave no socket to take entries from: start binarycop-journal.socket")
    opened = socket.socket(fileno=_FIRST_FD)
    # systemd has set this already (PassCredentials=): otherwise earlier datagrams would have no sender.
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    opened.settimeout(_TURN_S)
    return opened


def _end(*_: object) -> None:
    raise KeyboardInterrupt
