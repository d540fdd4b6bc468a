"""Runs inside the daemon's process before its ``main``: has one function of it fail once, when a file says so."""

import ctypes
import importlib
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from binarycop.accelerator.simulated.fabric import SimulatedFault
from binarycop.settings.classifier import FaultKind

ORDER = "now"


def order(work: Path) -> None:
    """From outside: now."""
    (work / ORDER).touch()


def fail(target: str, how: str) -> None:
    """Have ``module:function`` or ``module:Class.method`` fail in the call after the order.

    how: raise (an exception that nobody expects), exit (ends its thread without a word), hang (in C, with the
    interpreter locked), or memory (there is none left).
    """
    module, _, path = target.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for one in owners:
        owner = getattr(owner, one)
    real = getattr(owner, name)

    @wraps(real)
    def failing(*arguments: Any, **named: Any) -> Any:
        if _is_ordered():
            _HOWS[how]()
        return real(*arguments, **named)

    setattr(owner, name, failing)


def fail_overlay(kind: str) -> None:
    """Have the simulated board fail in the batch after the order."""
    choose: Any = importlib.import_module("binarycop.service.backends")
    keeper = importlib.import_module("binarycop.service.failover_classifier").FailoverClassifier
    boards: list[Any] = []
    open_board, scores = choose.open_board, keeper.scores

    def opening(*arguments: Any) -> Any:
        bundle, board = open_board(*arguments)
        boards.append(board)
        return bundle, board

    def scoring(self: Any, crops: Any) -> Any:
        if _is_ordered():
            boards[-1].manager.inject(SimulatedFault(FaultKind(kind)))
        return scores(self, crops)

    choose.open_board, keeper.scores = opening, scoring


def _is_ordered() -> bool:
    try:
        os.unlink(ORDER)
    except FileNotFoundError:
        return False
    return True


def _raise() -> None:
    raise ZeroDivisionError("injected")


def _exit() -> None:
    raise SystemExit


def _starve() -> None:
    raise MemoryError


def _hang() -> None:
    # PyDLL keeps the interpreter's lock, as compiled code that hangs may.
    ctypes.PyDLL(None).sleep(60)


_HOWS: dict[str, Callable[[], None]] = {"raise": _raise, "exit": _exit, "hang": _hang, "memory": _starve}
