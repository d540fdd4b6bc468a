"""When to notify systemd's watchdog: only while no stage hangs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# A camera that stalls gives up after 2 s, and a missing one reports that at once. A longer call than this hangs.
STUCK_S = 10.0
_MAX_DIGITS = 18  # of a time in microseconds


@dataclass(frozen=True)
class Stage:
    """A part of the service with a thread of its own.

    busy_s: seconds since its current call began; 0 if it is idle. may_hang: the watchdog is notified even if it hangs.
    """

    name: str
    busy_s: float
    may_hang: bool = False


@dataclass(frozen=True)
class WatchdogDecision:
    """should_notify: send WATCHDOG=1 now. stuck: the stages that hang."""

    should_notify: bool
    stuck: tuple[Stage, ...]


class Watchdog:
    """Decides when to notify the watchdog. interval_s: its WatchdogSec=, or None if there is no watchdog.

    The loop itself needs no stage: if it hangs, it does not call ``step`` any more.
    """

    def __init__(self, interval_s: float | None) -> None:
        self.interval_s = interval_s
        self._due_s = 0.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], pid: int) -> "Watchdog":
        """The watchdog in WATCHDOG_USEC, unless it is for another process (sd_watchdog_enabled(3))."""
        usec = environment.get("WATCHDOG_USEC", "")
        is_ours = environment.get("WATCHDOG_PID", str(pid)) == str(pid)
        is_number = len(usec) <= _MAX_DIGITS and usec.isdecimal()
        return cls(int(usec) / 1e6 if is_ours and is_number and int(usec) else None)

    def step(self, stages: Sequence[Stage], now_s: float) -> WatchdogDecision:
        """Decide at ``now_s``. Call it after each step of the loop."""
        if self.interval_s is None:
            return WatchdogDecision(False, ())
        stuck = tuple(stage for stage in stages if stage.busy_s > STUCK_S)
        if not all(stage.may_hang for stage in stuck) or now_s < self._due_s:
            return WatchdogDecision(False, stuck)
        # Four times as often as needed, so that one notification may be late.
        self._due_s = now_s + self.interval_s / 4
        return WatchdogDecision(True, stuck)
