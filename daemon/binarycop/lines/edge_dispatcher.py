"""The thread that reads the edges of input lines and calls their handlers."""

import os
import select
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from binarycop.lines.chardev import Edge, LineRequest

_POLL_TIMEOUT_S = 1.0
_JOIN_TIMEOUT_S = 2.0


@dataclass
class _WatchedLine:
    request: LineRequest
    handler: Callable[[Edge], None]
    last_number: int = 0
    lost: int = 0


class EdgeDispatcher:
    """Reads the edges of any number of lines on one thread, and calls a handler for each edge, in order.

    The kernel drops edges if handlers are too slow; ``lost`` counts them. It keeps a line's newest 1024 edges, so the
    newest level always arrives. ``close`` ends the thread. Only for the process that made it: a forked process has no
    such thread, but shares its epoll set, so that its changes there would affect the first process.
    """

    def __init__(self) -> None:
        # Python may collect a device, and so unwatch its line, at any time: also in a thread that has this lock.
        self._lock = threading.RLock()
        self._watched: dict[int, _WatchedLine] = {}
        self._stopping = False
        self._process = os.getpid()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll = select.epoll()
        self._poll.register(self._wake, select.EPOLLIN)
        self._thread = threading.Thread(target=self._run, name="gpio-edges", daemon=True)
        self._thread.start()

    @property
    def is_own(self) -> bool:
        """Whether this process made it."""
        return self._process == os.getpid()

    def watch(self, request: LineRequest, handler: Callable[[Edge], None]) -> None:
        """Call ``handler`` for each edge of a line from now on."""
        with self._lock:
            if request.fd not in self._watched:
                self._poll.register(request.fd, select.EPOLLIN)
            self._watched[request.fd] = _WatchedLine(request, handler)

    def unwatch(self, request: LineRequest) -> None:
        """Start no more calls for a line; ignore a line that is not watched. Needed before the line is closed."""
        with self._lock:
            self._drop(request.fd)

    def lost(self, request: LineRequest) -> int:
        """How many edges of a line the kernel has dropped; 0 if it is not watched."""
        with self._lock:
            line = self._watched.get(request.fd)
            return 0 if line is None else line.lost

    def close(self) -> None:
        """End the thread; waits at most two seconds for a running handler. May be called twice."""
        with self._lock:
            if self._stopping:
                return
            self._stopping = True
            os.eventfd_write(self._wake, 1)
        if threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_TIMEOUT_S)

    def _run(self) -> None:
        while not self._stopping:
            for fd, _ in self._poll.poll(_POLL_TIMEOUT_S):
                line, edges = self._read(fd)
                if line is not None:
                    self._call_handler(fd, line, edges)
        with self._lock:  # closed on this thread: a running poll must not see a reused file descriptor
            self._poll.close()
            os.close(self._wake)
            self._watched.clear()

    def _read(self, fd: int) -> tuple[_WatchedLine | None, list[Edge]]:
        # Under the lock: otherwise the line could be closed and its file descriptor reused.
        with self._lock:
            line = self._watched.get(fd)
            if line is None:
                return None, []
            try:
                edges = line.request.read_edges()
            except OSError:
                self._drop(fd)  # the chip is gone; reading the level raises an error
                return None, []
            for edge in edges:
                if line.last_number:
                    line.lost += edge.number - line.last_number - 1
                line.last_number = edge.number
            return line, edges

    def _call_handler(self, fd: int, line: _WatchedLine, edges: list[Edge]) -> None:
        for edge in edges:
            if self._stopping or self._watched.get(fd) is not line:
                return
            try:
                line.handler(edge)
            except Exception:  # noqa: BLE001 - an error in one handler must not stop the edges of other lines
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))

    def _drop(self, fd: int) -> None:
        if self._watched.pop(fd, None) is not None:
            self._poll.unregister(fd)
