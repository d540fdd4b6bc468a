"""SIGTERM, SIGHUP and SIGQUIT end a command as Ctrl-C does: it switches off what it drives, ends what it started."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class _SignalCame(BaseException):
    """Passes through a command like KeyboardInterrupt, so that each of its ``with`` blocks is left."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def orderly_end() -> Iterator[None]:
    """While the block runs, these signals leave it first, and end the process then, by the same signal.

    Without a handler they would end it at once: a relay that a wiring test drives would keep its level, and a daemon
    that a measurement has started would run on. A command that handles them itself, as the daemon does, is left alone.
    """
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set a handler
        yield
        return

    def leave(number: int, _: FrameType | None) -> None:
        for other in _SIGNALS:
            signal.signal(other, signal.SIG_IGN)  # a second one must not end the work that the first one has caused
        raise _SignalCame(number)

    # A signal that was ignored from the start stays so, as nohup(1) wants it.
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is signal.SIG_DFL:
            signal.signal(number, leave)
    came = 0
    try:
        yield
    except _SignalCame as signalled:
        came = signalled.number
    finally:
        for number, handler in before.items():
            if handler is not None:  # one that C has set was left alone, and Python cannot set it
                signal.signal(number, handler)
    if came:
        os.kill(os.getpid(), came)


@contextmanager
def without_stop() -> Iterator[None]:
    """While the block runs, Ctrl-Z does nothing: a program that is stopped leaves an output as it is, a relay on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, signal.SIG_DFL if before is None else before)
