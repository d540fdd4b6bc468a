"""Makes one function of the daemon fail, once for each touch of a file. It runs in the daemon before ``main``."""

import ctypes
import importlib
import os
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from binarycop.accelerator.simulated.logic import SimulatedFault
from binarycop.settings.classifier import FaultKind

TRIGGER_FILE = "now"


def trigger(work: Path) -> None:
    """Make the fault happen now. The test calls this, from outside the daemon's process."""
    (work / TRIGGER_FILE).touch()


def resolve(target: str) -> tuple[Any, str]:
    """Find ``module:function`` or ``module:Class.method``. Returns its owner and its name.

    Raises ImportError or AttributeError if there is no such function.
    """
    module, _, path = target.partition(":")
    *parts, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in parts:
        owner = getattr(owner, part)
    getattr(owner, name)
    return owner, name


def fail(target: str, how: str) -> None:
    """Make ``target`` (see ``resolve``) fail in the first call after the trigger.

    how: raise (an unexpected exception), exit (ends its thread without a message), hang (in C code, with the
    GIL held), wait (other threads go on), or memory (none is left).
    """
    owner, name = resolve(target)
    real = getattr(owner, name)

    @wraps(real)
    def failing(*arguments: Any, **named: Any) -> Any:
        if _TRIGGER.is_new():
            _FAILURES[how]()
        return real(*arguments, **named)

    setattr(owner, name, failing)


def fail_overlay(kind: str) -> None:
    """Make the simulated board fail in the first batch after the trigger."""
    backends: Any = importlib.import_module("binarycop.service.backends")
    failover = importlib.import_module("binarycop.service.failover_classifier").FailoverClassifier
    boards: list[Any] = []
    real_open_board, real_scores = backends.open_board, failover.scores

    def open_board(*arguments: Any) -> Any:
        bundle, board = real_open_board(*arguments)
        boards.append(board)
        return bundle, board

    def scores(self: Any, crops: Any) -> Any:
        if _TRIGGER.is_new():
            boards[-1].manager.inject(SimulatedFault(FaultKind(kind)))
        return real_scores(self, crops)

    backends.open_board, failover.scores = open_board, scores


def freeze_clock() -> None:
    """Make the daemon's monotonic clock stand still from the trigger on."""
    clock = importlib.import_module("binarycop.clock").MonotonicClock
    real = clock.now_s
    frozen: list[float] = []

    @wraps(real)
    def now_s(self: Any) -> float:
        if not frozen and _TRIGGER.is_new():
            frozen.append(real(self))
        now_s: float = frozen[0] if frozen else real(self)
        return now_s

    clock.now_s = now_s


def never_release() -> None:
    """Make the state machine give the permission in every step from the trigger on."""
    lane: Any = importlib.import_module("binarycop.service.lane")
    real = lane.permission
    given: list[Any] = []

    @wraps(real)
    def permission(*arguments: Any) -> Any:
        cause = real(*arguments)
        if cause is not None and not given and _TRIGGER.is_new():
            given.append(cause)
        return given[0] if given else cause

    lane.permission = permission


class _Trigger:
    """Tells once of each time that the file was touched since this process began: the daemon may not delete it."""

    def __init__(self) -> None:
        self._seen_ns = time.time_ns()

    def is_new(self) -> bool:
        try:
            touched_ns = os.stat(TRIGGER_FILE).st_mtime_ns
        except FileNotFoundError:
            return False
        is_new, self._seen_ns = touched_ns > self._seen_ns, max(touched_ns, self._seen_ns)
        return is_new


_TRIGGER = _Trigger()


def _raise() -> None:
    raise ZeroDivisionError("injected")


def _exit() -> None:
    raise SystemExit


def _run_out_of_memory() -> None:
    raise MemoryError


def _hang() -> None:
    # PyDLL keeps the GIL, as compiled code that hangs may do.
    ctypes.PyDLL(None).sleep(60)


def _wait() -> None:
    time.sleep(60)


_FAILURES: dict[str, Callable[[], None]] = {
    "raise": _raise,
    "exit": _exit,
    "hang": _hang,
    "wait": _wait,
    "memory": _run_out_of_memory,
}
