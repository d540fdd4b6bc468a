"""Answers on the socket of ``binarycop status``, in a thread of its own. No reader can make the gate wait.

The loop hands a status over and continues. The thread sends the newest status on each connection, and never reads from
it. An unread answer takes kernel memory that is charged to the daemon: so it is bounded, also over time.
"""

import fcntl
import os
import select
import socket
import struct
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from binarycop.clock import Clock
from binarycop.service import status_socket
from binarycop.service.status import Status
from binarycop.service.status_codec import encode

MOST_OPEN = 16
DEADLINE_S = 2.0
"""An answer that was not read by then is given up, but see ``_MOST_ABANDONED``."""

_MOST_ABANDONED = 64  # answers in the life of the daemon that were left unread, each of 64 KiB at most
_BURST, _PER_S = 5, 10.0  # answers in a burst, and per second in the long run: a client may ask in a loop
_TURN_S, _FULL_S, _IDLE_S = 0.02, 0.5, 1.0


@dataclass(frozen=True)
class _Reader:
    connection: socket.socket
    since_s: float


class StatusServer:
    """Answers on ``listener``, a listening Unix stream socket, from the first ``publish`` on.

    One thread calls ``publish`` and ``close``. The thread ends with ``close``, within two seconds, or with the process.
    """

    def __init__(self, listener: socket.socket, clock: Clock) -> None:
        self._listener, self._clock = listener, clock
        self._listener.setblocking(False)
        self._newest: tuple[Status, float] | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="status", daemon=True)
        self._readers: list[_Reader] = []
        self._abandoned = 0
        self._credit, self._turned_s = float(_BURST), clock.now_s()

    def publish(self, status: Status) -> None:
        """Hand over the daemon's present status."""
        self._newest = status, self._clock.now_s()
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        """End the thread soon, which closes the listener. This does not wait for it."""
        self._closing.set()
        if self._thread.ident is None:
            self._listener.close()

    def turn(self) -> bool:
        """Close the connections that are done, and answer one that waits. Returns whether there was one."""
        now_s = self._clock.now_s()
        self._readers = [reader for reader in self._readers if not self._is_done(reader, now_s)]
        self._credit = min(self._credit + (now_s - self._turned_s) * _PER_S, _BURST)
        self._turned_s = now_s
        if self._newest is None or len(self._readers) >= MOST_OPEN or self._credit < 1:
            return False
        try:
            connection, _ = self._listener.accept()
        except OSError:  # there is none, it has gone again, or the process has no descriptor left
            return False
        self._credit -= 1
        status, made_s = self._newest
        connection.setblocking(False)
        # An answer is smaller than the kernel's buffer, so this never sends a part of it. The peer may have gone.
        with suppress(OSError):
            connection.send(encode(status, now_s - made_s))
            connection.shutdown(socket.SHUT_WR)
        self._readers.append(_Reader(connection, now_s))
        return True

    def pauses_s(self) -> tuple[float, float]:
        """How long the next turn may wait for a connection, and how long the turn after it waits in any case.

        Readers who never read their answers cost a few turns a second, not one in ``_TURN_S``.
        """
        now_s = self._clock.now_s()
        is_due = any(now_s - reader.since_s < DEADLINE_S for reader in self._readers)
        is_full = len(self._readers) >= MOST_OPEN
        return 0.0 if is_due else _IDLE_S, _FULL_S if is_full and not is_due else _TURN_S

    @property
    def open_count(self) -> int:
        """How many readers have not read their answer yet."""
        return len(self._readers)

    def _is_done(self, reader: _Reader, now_s: float) -> bool:
        is_read = _unread_bytes(reader.connection) == 0
        is_late = now_s - reader.since_s >= DEADLINE_S and self._abandoned < _MOST_ABANDONED
        if not is_read and not is_late:
            return False
        self._abandoned += not is_read
        reader.connection.close()
        return True

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        while not self._closing.is_set():
            wait_s, pause_s = self.pauses_s()
            poll.poll(wait_s * 1000)
            self.turn()
            time.sleep(pause_s)  # in any case: a descriptor that stays ready must not keep a core busy
        for reader in self._readers:
            reader.connection.close()
        self._listener.close()


def _unread_bytes(connection: socket.socket) -> int:
    """How much of what was sent the peer has not read (unix(7), SIOCOUTQ); 0 if it has gone."""
    answer = fcntl.ioctl(connection, termios.TIOCOUTQ, struct.pack("i", 0))
    count: int = struct.unpack("i", answer)[0]
    return count


@contextmanager
def open_status(path: Path | None, environment: Mapping[str, str], clock: Clock) -> Iterator[StatusServer | None]:
    """The server on systemd's socket, or on a new one at ``path``; None if there is neither. Raises OutputError."""
    with ExitStack() as opened:
        if path is None:
            listener = status_socket.of_systemd(environment, os.getpid())
        else:
            listener = opened.enter_context(status_socket.at_path(path))
        if listener is None:
            yield None
            return
        server = StatusServer(listener, clock)
        opened.callback(server.close)
        yield server
