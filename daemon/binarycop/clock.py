"""Clocks. Code that decides by the time gets a clock or a time from its caller.

Only the layers ``service`` and ``cli`` make a clock of the system. The pin factories read the time themselves, since
gpiozero asks them for it (``ticks``).
"""

import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock."""

    def now_s(self) -> float:
        """Seconds since some fixed moment. Never goes back."""


class MonotonicClock:
    """The kernel's monotonic clock."""

    def now_s(self) -> float:
        """See ``Clock``."""
        return time.monotonic()


class ManualClock:
    """A clock that its owner sets: to a recording's own time in a replay, to any time in a test."""

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s

    def now_s(self) -> float:
        """See ``Clock``."""
        return self._now_s

    def advance_to(self, now_s: float) -> None:
        """Set the time. An earlier time than the present one has no effect."""
        self._now_s = max(self._now_s, now_s)
