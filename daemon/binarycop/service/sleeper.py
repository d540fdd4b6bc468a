"""Puts the service to sleep and wakes it, in the mode ``low-power``: capture rate, accelerator's clock, journal."""

from collections.abc import Iterable
from typing import Protocol

from binarycop.journal.events import Event
from binarycop.journal.writers import Journal
from binarycop.service import sleep
from binarycop.service.failover_classifier import FailoverClassifier
from binarycop.service.sleep import Signs, Sleep
from binarycop.settings.schema import Settings
from binarycop.settings.service import Mode

_FRAMES_BEFORE_STALE = 4


class Sleeper(Protocol):
    """Decides in each step of the loop whether the service sleeps. One thread uses it."""

    @property
    def capture_interval_s(self) -> float:
        """The time from one picture to the next that the sources are to give now; 0: all pictures."""

    def step(self, signs: Iterable[Signs], now_s: float, *, is_classifier_idle: bool) -> None:
        """Take the lanes' signs now. Call it before the lines are driven, and after they were read.

        While the overlay's clock is slow, its dead-man timer is slow too; so no relay may be on.
        """

    def write_journal(self) -> None:
        """Write what has happened in this step."""


class Sleepless:
    """The mode ``performance``."""

    capture_interval_s = 0.0

    def step(self, signs: Iterable[Signs], now_s: float, *, is_classifier_idle: bool) -> None:
        """See ``Sleeper.step``."""

    def write_journal(self) -> None:
        """See ``Sleeper.write_journal``."""


class LowPowerSleeper:
    """The mode ``low-power``."""

    def __init__(self, settings: Settings, classifier: FailoverClassifier, journal: Journal) -> None:
        service = settings.service
        stale_s = min(lane.frames.stale_s for lane in settings.gates)
        self._interval_s = min(1 / service.sleep_rate_hz, stale_s / _FRAMES_BEFORE_STALE)
        self._sleep_after_s = service.sleep_after_s
        self._classifier, self._journal = classifier, journal
        self._state: Sleep | None = None
        self._change: tuple[Event, dict[str, str | float]] | None = None

    @property
    def capture_interval_s(self) -> float:
        """See ``Sleeper.capture_interval_s``."""
        return self._interval_s if self._state is not None and self._state.is_asleep else 0.0

    def step(self, signs: Iterable[Signs], now_s: float, *, is_classifier_idle: bool) -> None:
        """See ``Sleeper.step``."""
        each = list(signs)
        waker = next((sign.waker for sign in each if sign.waker is not None), None)
        before = self._state or Sleep.awake(now_s)
        state = sleep.step(before, Signs(max(sign.moved_s for sign in each), waker), self._sleep_after_s, now_s)
        self._state = state
        if not state.is_asleep:
            self._classifier.wake()
        elif is_classifier_idle:
            self._classifier.rest()
        if state.is_asleep != before.is_asleep:
            seconds = round(now_s - before.since_s, 1)
            woken_by = state.woken_by.value if state.woken_by else ""
            self._change = (
                (Event.ASLEEP, {"seconds": seconds})
                if state.is_asleep
                else (Event.AWAKE, {"seconds": seconds, "woken_by": woken_by})
            )

    def write_journal(self) -> None:
        """See ``Sleeper.write_journal``."""
        if self._change is not None:
            event, values = self._change
            self._change = None
            self._journal.write(event, "", **values)


def make_sleeper(settings: Settings, classifier: FailoverClassifier, journal: Journal) -> Sleeper:
    """The sleeper of the settings' mode."""
    if settings.service.mode is Mode.LOW_POWER:
        return LowPowerSleeper(settings, classifier, journal)
    return Sleepless()
