"""A daemon that a measurement starts, and ends again whatever happens."""

import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import IO, Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_STOP_S = 20.0
_Output = IO[str] | int


@contextmanager
def daemon_process(
    command: Sequence[str], *, stdout: _Output, stderr: _Output, env: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Start the daemon, and end it when the block is left, if it still runs."""
    daemon = None
    try:
        with _signals_held_back():
            daemon = subprocess.Popen(command, stdout=stdout, stderr=stderr, env=env)
        yield daemon
    finally:
        if daemon is not None:
            _stop(daemon)


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Handle a signal that arrives within the block when it is left.

    A handler that raises within Popen would leave a daemon that runs and that nobody has a reference to.
    """
    if threading.current_thread() is not threading.main_thread():  # Python calls handlers in the main thread only
        yield
        return
    arrived = []

    def hold_back(number: int, _: FrameType | None) -> None:
        arrived.append(number)

    before: dict[signal.Signals, Any] = {number: signal.getsignal(number) for number in _SIGNALS}
    # The new process inherits a signal that is ignored or has its default, so that stays; a handler becomes the
    # default.
    handlers = {number: handler for number, handler in before.items() if callable(handler)}
    for number in handlers:
        signal.signal(number, hold_back)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for arrived_number in arrived[:1]:
            signal.raise_signal(arrived_number)


def _stop(daemon: "subprocess.Popen[bytes]") -> None:
    daemon.terminate()
    try:
        daemon.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
