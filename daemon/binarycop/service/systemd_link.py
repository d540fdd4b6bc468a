"""The service's link to systemd: ready, status, watchdog and reload."""

import threading
from collections.abc import Callable

from binarycop.frames.source_event import SourceEventKind
from binarycop.journal.events import Event
from binarycop.journal.writers import Journal
from binarycop.service.notify import Notifier
from binarycop.service.reload import SettingsReader, change
from binarycop.service.service import Service
from binarycop.service.status_text import status_text
from binarycop.service.watchdog import Stage, Watchdog
from binarycop.settings.check import contradictions
from binarycop.settings.schema import Settings


class SystemdLink:
    """Reports a running service to systemd, and applies new settings when systemd asks for a reload.

    stages: returns the stages that the watchdog checks. reload_requested: set to request a reload; ``step`` clears it.
    The public attributes are for the daemon's status.
    """

    def __init__(
        self,
        settings: Settings,
        service: Service,
        stages: Callable[[], list[Stage]],
        notifier: Notifier,
        watchdog: Watchdog,
        journal: Journal,
        reader: SettingsReader,
        reload_requested: threading.Event,
    ) -> None:
        self._settings, self._service, self._stages = settings, service, stages
        self._notifier, self._watchdog, self._journal = notifier, watchdog, journal
        self._reader, self._reload_requested = reader, reload_requested
        self._is_ready = False
        self.has_been_ready = False
        self.notified_s: float | None = None  # when the watchdog was last notified
        self.loaded_s: float | None = None  # when a reload last applied settings
        self.waiting: tuple[str, ...] = ()  # keys whose new values need a restart
        self.refused: str | None = None  # why the last reload was refused
        self._stuck: frozenset[tuple[str, bool]] = frozenset()
        self._status = ""

    @property
    def watchdog_s(self) -> float | None:
        """systemd's WatchdogSec=; None without a watchdog."""
        return self._watchdog.interval_s

    @property
    def stuck(self) -> tuple[str, ...]:
        """The stages that hang."""
        return tuple(sorted(name for name, _ in self._stuck))

    def step(self, now_s: float) -> None:
        """Send what is due at ``now_s``. Call it after each step of the loop."""
        self._notify_watchdog(now_s)
        if not self._is_ready:
            self._notify_ready()
            return
        self._notify_status()
        self._reload(now_s)

    def _notify_watchdog(self, now_s: float) -> None:
        decision = self._watchdog.step(self._stages(), now_s)
        if decision.should_notify:
            self._notifier.send("WATCHDOG=1")
            self.notified_s = now_s
        for stage in decision.stuck:
            if (stage.name, stage.may_hang) not in self._stuck:
                event = Event.SOURCE_STUCK if stage.may_hang else Event.STUCK
                self._journal.write(event, "", stage=stage.name, seconds=round(stage.busy_s, 1))
        self._stuck = frozenset((stage.name, stage.may_hang) for stage in decision.stuck)

    def _notify_ready(self) -> None:
        """Ready when each lane has had a frame, or a fault that says why not: its camera may come later, or never.

        Without any source that can give a frame the daemon is about to end, and never ready.
        """
        lanes = self._service.lanes
        if not all(lane.counters.frames or lane.faults or lane.source_end for lane in lanes):
            return
        if all(lane.source_end is SourceEventKind.LOST for lane in lanes):
            return
        status = status_text(self._service.lanes)
        if self._notifier.send("READY=1", f"STATUS={status}"):
            self._is_ready, self.has_been_ready, self._status = True, True, status
            self._journal.write(Event.READY, "", detail=status)

    def _notify_status(self) -> None:
        status = status_text(self._service.lanes)
        if status != self._status and self._notifier.send(f"STATUS={status}"):
            self._status = status

    def _reload(self, now_s: float) -> None:
        if self._reload_requested.is_set() and not self._reader.is_running:
            # Cleared before the files are read, so that a request during the reading causes another one.
            self._reload_requested.clear()
            self._notifier.send("RELOADING=1")
            self._reader.start()
            return
        result = self._reader.poll()
        if result is None:
            return
        self.refused = result if isinstance(result, str) else self._apply(result, now_s)
        if self.refused is not None:
            self._journal.write(Event.RELOAD_REFUSED, "", reason=self.refused)
        self._is_ready = self._notifier.send("READY=1")

    def _apply(self, new: Settings, now_s: float) -> str | None:
        """Apply what needs no restart; returns why nothing is applied, if so."""
        applied = change(self._settings, new)
        # The new files agree with themselves, but some of their values need a restart.
        problems = contradictions(applied.settings.gates)
        if problems:
            reason = "; ".join(str(problem) for problem in problems)
            return f"not without a restart: {reason}"
        self._settings, self.loaded_s, self.waiting = applied.settings, now_s, applied.needs_restart
        for lane, settings in zip(self._service.lanes, applied.settings.gates):
            lane.apply_settings(settings)
        self._journal.write(Event.RELOADED, "", changed=", ".join(applied.applied) or "nothing changed")
        if applied.needs_restart:
            self._journal.write(Event.RESTART_NEEDED, "", keys=", ".join(applied.needs_restart))
        return None
