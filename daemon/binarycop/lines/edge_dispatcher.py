"""The thread that hands on what changed on input lines."""

import os
import select
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from binarycop.lines.chardev import Edge, LineRequest

_LOOK_S = 1.0
_JOIN_S = 2.0


@dataclass
class _Watched:
    request: LineRequest
    call: Callable[[Edge], None]
    newest: int = 0


class EdgeDispatcher:
    """Reads the edges of any number of lines on one thread, and makes a call for each, in order.

    ``close`` ends the thread. ``lost`` counts edges that the kernel dropped because calls took longer than the line
    left them; it drops the oldest of 1024, so the newest level always arrives.
    """

    def __init__(self) -> None:
        self.lost = 0
        self._lock = threading.Lock()
        self._watched: dict[int, _Watched] = {}
        self._stopping = False
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll = select.epoll()
        self._poll.register(self._wake, select.EPOLLIN)
        self._thread = threading.Thread(target=self._run, name="gpio-edges", daemon=True)
        self._thread.start()

    def watch(self, request: LineRequest, call: Callable[[Edge], None]) -> None:
        """Make ``call`` for each edge of a line from now on."""
        with self._lock:
            if request.fd not in self._watched:
                self._poll.register(request.fd, select.EPOLLIN)
            self._watched[request.fd] = _Watched(request, call)

    def unwatch(self, request: LineRequest) -> None:
        """No call begins after this; a line that is not watched is let be. To be done before its ``close``."""
        with self._lock:
            self._drop(request.fd)

    def close(self) -> None:
        """End the thread; waits at most two seconds for a call that is under way. May be called twice."""
        with self._lock:
            if self._stopping:
                return
            self._stopping = True
            os.eventfd_write(self._wake, 1)
        if threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        while not self._stopping:
            for fd, _ in self._poll.poll(_LOOK_S):
                watched, edges = self._read(fd)
                if watched is not None:
                    self._hand_on(fd, watched, edges)
        with self._lock:  # closed here, so that no number is used again under a poll that still runs
            self._poll.close()
            os.close(self._wake)
            self._watched.clear()

    def _read(self, fd: int) -> tuple[_Watched | None, list[Edge]]:
        # Under the lock, or the line could be closed and its number belong to something else by now.
        with self._lock:
            watched = self._watched.get(fd)
            if watched is None:
                return None, []
            try:
                edges = watched.request.read_edges()
            except OSError:
                self._drop(fd)  # the chip is gone; who reads the level is told
                return None, []
            for edge in edges:
                if watched.newest:
                    self.lost += edge.number - watched.newest - 1
                watched.newest = edge.number
            return watched, edges

    def _hand_on(self, fd: int, watched: _Watched, edges: list[Edge]) -> None:
        for edge in edges:
            if self._stopping or self._watched.get(fd) is not watched:
                return
            try:
                watched.call(edge)
            except Exception:  # noqa: BLE001 - whatever a user's handler raises, the other lines must still be heard
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))

    def _drop(self, fd: int) -> None:
        if self._watched.pop(fd, None) is not None:
            self._poll.unregister(fd)
