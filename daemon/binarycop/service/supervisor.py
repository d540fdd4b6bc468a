"""Keeps the service manager informed: ready, status, watchdog, reload. Called after every round of the loop."""

from collections.abc import Callable
from threading import Event as Flag

from binarycop.journal.events import Event
from binarycop.journal.writers import Journal
from binarycop.service.notify import Notifier
from binarycop.service.reload import SettingsReader, change
from binarycop.service.service import Service
from binarycop.service.status import status
from binarycop.service.watchdog import Stage, Watchdog
from binarycop.settings.schema import Settings


class Supervisor:
    """Watches a service whose lines and classifier are ready already, and speaks for it.

    stages: how long each has been at it. asked: set whenever the settings are to be read again; cleared here.
    """

    def __init__(
        self,
        settings: Settings,
        service: Service,
        stages: Callable[[], list[Stage]],
        notifier: Notifier,
        watchdog: Watchdog,
        journal: Journal,
        reading: SettingsReader,
        asked: Flag,
    ) -> None:
        self._settings, self._service, self._stages = settings, service, stages
        self._notifier, self._watchdog, self._journal = notifier, watchdog, journal
        self._reading, self._asked = reading, asked
        self._is_ready = False
        self._is_stuck = False
        self._status = ""

    def step(self, now_s: float) -> None:
        """Do what is due at ``now_s``."""
        self._notify_watchdog(now_s)
        if not self._is_ready:
            self._tell_ready()
            return
        self._tell_status()
        self._reload()

    def _notify_watchdog(self, now_s: float) -> None:
        meal = self._watchdog.step(self._stages(), now_s)
        if meal.should_notify:
            self._notifier.say("WATCHDOG=1")
        if meal.stuck and not self._is_stuck:
            for stage in meal.stuck:
                self._journal.write(Event.STUCK, "", stage=stage.name, seconds=round(stage.busy_s, 1))
        self._is_stuck = bool(meal.stuck)

    def _tell_ready(self) -> None:
        """Once each lane has had a frame, or has a fault that says why not: a camera may come later, or never."""
        if not all(lane.counters.frames or lane.faults for lane in self._service.lanes):
            return
        said = status(self._service.lanes)
        if self._notifier.say("READY=1", f"STATUS={said}"):
            self._is_ready, self._status = True, said
            self._journal.write(Event.READY, "", detail=said)

    def _tell_status(self) -> None:
        said = status(self._service.lanes)
        if said != self._status and self._notifier.say(f"STATUS={said}"):
            self._status = said

    def _reload(self) -> None:
        if self._asked.is_set() and not self._reading.is_running:
            # Cleared first: whoever asks while the files are read has them read again.
            self._asked.clear()
            self._notifier.say("RELOADING=1")
            self._reading.start()
            return
        found = self._reading.poll()
        if found is None:
            return
        if isinstance(found, str):
            self._journal.write(Event.RELOAD_REFUSED, "", reason=found)
        else:
            self._apply(found)
        self._is_ready = self._notifier.say("READY=1")

    def _apply(self, new: Settings) -> None:
        found = change(self._settings, new)
        self._settings = found.settings
        for lane, settings in zip(self._service.lanes, found.settings.gates):
            lane.apply_settings(settings)
        self._journal.write(Event.RELOADED, "", changed=", ".join(found.applied) or "nothing changed")
        if found.needs_restart:
            self._journal.write(Event.RESTART_NEEDED, "", keys=", ".join(found.needs_restart))
