"""Makes one function of the daemon fail once, when a file appears. It runs in the daemon's process before ``main``."""

import ctypes
import importlib
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from binarycop.accelerator.simulated.fabric import SimulatedFault
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
    GIL held), or memory (none is left).
    """
    owner, name = resolve(target)
    real = getattr(owner, name)

    @wraps(real)
    def failing(*arguments: Any, **named: Any) -> Any:
        if _is_triggered():
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
        if _is_triggered():
            boards[-1].manager.inject(SimulatedFault(FaultKind(kind)))
        return real_scores(self, crops)

    backends.open_board, failover.scores = open_board, scores


def _is_triggered() -> bool:
    try:
        os.unlink(TRIGGER_FILE)
    except FileNotFoundError:
        return False
    return True


def _raise() -> None:
    raise ZeroDivisionError("injected")


def _exit() -> None:
    raise SystemExit


def _run_out_of_memory() -> None:
    raise MemoryError


def _hang() -> None:
    # PyDLL keeps the GIL, as compiled code that hangs may do.
    ctypes.PyDLL(None).sleep(60)


_FAILURES: dict[str, Callable[[], None]] = {
    "raise": _raise,
    "exit": _exit,
    "hang": _hang,
    "memory": _run_out_of_memory,
}
