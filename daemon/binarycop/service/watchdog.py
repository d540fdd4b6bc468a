"""When the service manager's watchdog is fed: only while every stage moves on, or says that its device is absent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# A camera that stalls is let go after 2 s, and one that is not there says so at once: what takes longer hangs.
STUCK_S = 10.0


@dataclass(frozen=True)
class Stage:
    """One stage of a running service; ``busy_s``: how long it has been in one call, 0 while it waits for the next."""

    name: str
    busy_s: float


@dataclass(frozen=True)
class WatchdogDecision:
    """What is to be done now: feed or not, and the stages that do not move on."""

    should_notify: bool
    stuck: tuple[Stage, ...]


class Watchdog:
    """Decides; pure but for what it remembers. interval_s: the manager's limit, None where there is no watchdog.

    The loop itself is a stage, too: one that hangs asks nothing here.
    """

    def __init__(self, interval_s: float | None) -> None:
        self._interval_s = interval_s
        self._due_s = 0.0

    @classmethod
    def of(cls, environment: Mapping[str, str], pid: int) -> "Watchdog":
        """The manager's limit, by WATCHDOG_USEC (sd_watchdog_enabled(3)), unless it is meant for another process."""
        usec = environment.get("WATCHDOG_USEC", "")
        is_ours = environment.get("WATCHDOG_PID", str(pid)) == str(pid)
        return cls(int(usec) / 1e6 if is_ours and usec.isdecimal() and int(usec) else None)

    def step(self, stages: Sequence[Stage], now_s: float) -> WatchdogDecision:
        """To be asked in every round of the loop."""
        if self._interval_s is None:
            return WatchdogDecision(False, ())
        stuck = tuple(stage for stage in stages if stage.busy_s > STUCK_S)
        if stuck or now_s < self._due_s:
            return WatchdogDecision(False, stuck)
        # Four times as often as must be, so that a round may be late.
        self._due_s = now_s + self._interval_s / 4
        return WatchdogDecision(True, ())
