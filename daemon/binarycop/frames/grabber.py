"""One thread owns a source, the newest frame wins, and what is dropped is counted."""

import threading
from collections import deque
from collections.abc import Callable

from binarycop.clock import Clock
from binarycop.frames.base import Frame, Source
from binarycop.frames.source_event import SourceEvent, SourceEventKind
from binarycop.frames.source_reader import GrabberSettings, SourceReader

__all__ = ["Grabber", "GrabberSettings", "SourceEvent", "SourceEventKind"]


class Grabber:
    """Runs a source in a thread of its own, so that a slow or hanging one never holds up the gate.

    open_source: makes the source, in that thread, raising SourceError where it cannot be had; it is
    called again each time that a live source was lost. is_live: whether a source that cannot be opened
    is tried again, False for a recording (see ``choose.is_recording``).
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        clock: Clock,
        settings: GrabberSettings | None = None,
        *,
        is_live: bool = True,
    ) -> None:
        settings = settings or GrabberSettings()
        self._clock, self._stale_s = clock, settings.stale_s
        self._feed = SourceReader(open_source, clock, settings, is_live=is_live, show=self._show, tell=self._tell)
        self._thread = threading.Thread(target=self._run, name="grabber", daemon=True)
        self._closing = threading.Event()
        self._changed = threading.Condition()  # guards all below
        self._waiting: Frame | None = None
        self._notices: deque[SourceEvent] = deque(maxlen=settings.notices_most)
        self._dropped = 0
        self._is_over = self._has_died = False
        self._last_s = clock.now_s()
        self._busy_since_s: float | None = None

    def start(self) -> None:
        """Begin to open and read the source. Raises RuntimeError where that was done before."""
        self._last_s = self._clock.now_s()
        self._thread.start()

    def take(self, timeout_s: float) -> Frame | None:
        """The newest frame that was not yet taken, at most ``stale_s`` old.

        Waits for one up to ``timeout_s`` seconds, then gives None; at once where none can come any more.
        Nobody may write into its pixels.
        """
        with self._changed:
            self._changed.wait_for(self._is_worth_waking, timeout_s)
            frame, self._waiting = self._waiting, None
            if frame is not None and self._clock.now_s() - frame.captured_s > self._stale_s:
                self._dropped += 1
                return None
            return frame

    def notices(self) -> list[SourceEvent]:
        """What happened since the last call, oldest first."""
        with self._changed:
            drained = list(self._notices)
            self._notices.clear()
            return drained

    @property
    def captured(self) -> int:
        """How many frames the source gave."""
        return self._feed.captured

    @property
    def dropped(self) -> int:
        """How many of them a newer one replaced before they were taken, or were stale by then."""
        with self._changed:
            return self._dropped

    @property
    def has_ended(self) -> bool:
        """True once no frame will come any more and the last one was taken."""
        with self._changed:
            return self._is_over and self._waiting is None

    @property
    def has_died(self) -> bool:
        """Whether the thread ended otherwise than by the source's end or ``close``."""
        with self._changed:
            return self._has_died

    def silent_s(self) -> float:
        """Seconds since the last frame that could be taken, or since the start; grows while frozen, too."""
        with self._changed:
            return self._clock.now_s() - self._last_s

    def busy_s(self) -> float:
        """Seconds since the source was last asked for something, 0 once it has answered: long means that it hangs."""
        with self._changed:
            return 0.0 if self._busy_since_s is None else self._clock.now_s() - self._busy_since_s

    def close(self, timeout_s: float) -> bool:
        """End the thread, which lets go of the source; may be called twice.

        Waits up to ``timeout_s`` seconds. False where the source hangs: its thread is then left behind,
        and does not keep the process from ending.
        """
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        has_died = True
        try:
            pause_s: float | None = 0.0
            while pause_s is not None and not self._closing.wait(pause_s):
                self._note_busy(self._clock.now_s())
                pause_s = self._feed.step()
                self._note_busy(None)
            self._feed.close()
            has_died = False
        finally:
            with self._changed:
                self._is_over, self._busy_since_s, self._has_died = True, None, has_died
                self._changed.notify_all()

    def _note_busy(self, since_s: float | None) -> None:
        with self._changed:
            self._busy_since_s = since_s

    def _is_worth_waking(self) -> bool:
        return self._waiting is not None or self._is_over or self._closing.is_set()

    def _show(self, frame: Frame) -> None:
        with self._changed:
            if self._waiting is not None:
                self._dropped += 1
            self._waiting, self._last_s = frame, self._clock.now_s()
            self._changed.notify_all()

    def _tell(self, notice: SourceEvent) -> None:
        with self._changed:
            self._notices.append(notice)
