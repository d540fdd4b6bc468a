"""Time as a thing that is handed in. Logic never asks the system for it."""

import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock."""

    def now_s(self) -> float:
        """Seconds since some fixed moment; never goes back."""


class MonotonicClock:
    """The kernel's monotonic clock."""

    def now_s(self) -> float:
        """See ``Clock``."""
        return time.monotonic()


class ManualClock:
    """A clock that is moved by hand: a recording's own time in replay, a number in tests."""

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s

    def now_s(self) -> float:
        """See ``Clock``."""
        return self._now_s

    def advance_to(self, now_s: float) -> None:
        """Set the time; an earlier one than now leaves it as it is."""
        self._now_s = max(self._now_s, now_s)
