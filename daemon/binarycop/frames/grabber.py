"""A thread that owns a source. The newest frame replaces older ones; dropped frames are counted."""

import threading
from collections import deque
from collections.abc import Callable

from binarycop.clock import Clock
from binarycop.frames.base import Frame, Source
from binarycop.frames.source_event import SourceEvent, SourceEventKind
from binarycop.frames.source_reader import GrabberSettings, SourceReader
from binarycop.trace import NO_TRACER, Tracer


class Grabber:
    """Reads a source in its own thread, so that a slow or hanging one never blocks the gate.

    open_source: opens the source, in that thread, and again after each loss of a live source. It raises SourceError if
    the source cannot be opened. is_live: whether such a source is tried again; False for a recording
    (``choose.is_recording``).
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        clock: Clock,
        settings: GrabberSettings,
        *,
        is_live: bool = True,
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._clock, self._stale_s = clock, settings.stale_s
        self._reader = SourceReader(
            open_source,
            clock,
            settings,
            is_live=is_live,
            on_frame=self._put_frame,
            on_event=self._put_event,
            tracer=tracer,
        )
        self._thread = threading.Thread(target=self._run, name="grabber", daemon=True)
        self._closing, self._interrupted = threading.Event(), threading.Event()
        self._changed = threading.Condition()  # protects all attributes below
        self._newest: Frame | None = None
        self._events: deque[SourceEvent] = deque(maxlen=settings.max_events)
        self._dropped = 0
        self._is_over = False
        self._end: SourceEvent | None = None
        self._newest_s = clock.now_s()
        self._busy_since_s: float | None = None
        self._on_change: Callable[[], None] | None = None  # set before the thread starts

    def start(self, on_change: Callable[[], None] | None = None) -> None:
        """Start the thread, which opens and reads the source. Raises RuntimeError if it was started before.

        on_change: called in the thread after each frame, and when no more frames can come.
        """
        self._on_change = on_change
        self._newest_s = self._clock.now_s()
        self._thread.start()

    def take(self, timeout_s: float) -> Frame | None:
        """The newest frame that was not taken yet and is at most ``stale_s`` old.

        Waits up to ``timeout_s`` seconds for one, then returns None; returns None at once if no more frames can come.
        The pixels are read-only for the caller.
        """
        with self._changed:
            self._changed.wait_for(self._can_return, timeout_s)
            frame, self._newest = self._newest, None
            if frame is not None and self._clock.now_s() - frame.captured_s > self._stale_s:
                self._dropped += 1
                return None
            return frame

    def events(self) -> list[SourceEvent]:
        """The events since the last call, oldest first."""
        with self._changed:
            events = list(self._events)
            self._events.clear()
            return events

    @property
    def captured(self) -> int:
        """How many frames the source has given."""
        return self._reader.captured

    @property
    def mode(self) -> str | None:
        """What the source sends, or that it is not open, in words; None until the first attempt to open it is over."""
        return self._reader.mode

    @property
    def problem(self) -> str | None:
        """Why it gives no frames now, in words; None while it gives some, and after a recording's end."""
        return self._reader.problem

    @property
    def dropped(self) -> int:
        """How many of them were not taken: replaced by a newer frame, stale, or skipped by ``set_interval``."""
        with self._changed:
            return self._dropped + self._reader.left_out

    @property
    def withheld(self) -> int:
        """How many of them repeated an earlier picture. They could not be taken."""
        return self._reader.withheld

    @property
    def has_ended(self) -> bool:
        """True once no more frames can come and the last one was taken."""
        with self._changed:
            return self._is_over and self._newest is None

    @property
    def end(self) -> SourceEvent | None:
        """The event with which the source ended by itself, once ``has_ended``; it is a fault unless it is ENDED."""
        return self._end if self.has_ended else None

    @property
    def is_absent(self) -> bool:
        """Whether a live source could not be opened or read, and has given no frame yet."""
        return self._reader.is_absent

    def silent_s(self) -> float:
        """The age of the newest picture, in seconds: since its capture, or since the start if there was none.

        It also grows while the source repeats pictures, and if it gives only old ones.
        """
        with self._changed:
            return self._clock.now_s() - self._newest_s

    def busy_s(self) -> float:
        """Seconds since the present call of the source began, 0 between calls. A long time means that it hangs."""
        with self._changed:
            return 0.0 if self._busy_since_s is None else self._clock.now_s() - self._busy_since_s

    def begin_close(self) -> None:
        """Let the thread end, and close the source, once the present call of the source has returned."""
        self._closing.set()
        self._interrupted.set()
        with self._changed:
            self._changed.notify_all()

    def close(self, timeout_s: float) -> bool:
        """End the thread, which closes the source; may be called twice.

        Waits up to ``timeout_s`` seconds. Returns False if the source hangs. Its thread then stays, but does not keep
        the process from ending.
        """
        self.begin_close()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def set_interval(self, interval_s: float) -> None:
        """Take pictures at most this often, in seconds from one to the next; 0: every picture. From any thread."""
        if interval_s != self._reader.interval_s:
            self._reader.interval_s = interval_s
            self._interrupted.set()  # it must not wait for the rest of a longer interval

    def _run(self) -> None:
        end: SourceEvent | None = None
        try:
            pause_s: float | None = 0.0
            while pause_s is not None:
                self._interrupted.wait(pause_s)
                self._interrupted.clear()
                if self._closing.is_set():
                    break
                self._set_busy(self._clock.now_s())
                pause_s = self._reader.step()
                self._set_busy(None)
            self._reader.close()
            end = self._reader.end
        except BaseException:
            # An error in this code: no source can cause it, see ``SourceReader.step``.
            end = SourceEvent(SourceEventKind.LOST, "the thread that reads it has died", self._clock.now_s())
            self._put_event(end)
            raise
        finally:
            with self._changed:
                self._is_over, self._busy_since_s, self._end = True, None, end
            self._tell_change()

    def _set_busy(self, since_s: float | None) -> None:
        with self._changed:
            self._busy_since_s = since_s
            self._changed.notify_all()  # the source may be open now

    def _can_return(self) -> bool:
        return self._newest is not None or self._is_over or self._closing.is_set()

    def _put_frame(self, frame: Frame) -> None:
        with self._changed:
            if self._newest is not None:
                self._dropped += 1
            self._newest, self._newest_s = frame, max(self._newest_s, frame.captured_s)
        self._tell_change()

    def _tell_change(self) -> None:
        with self._changed:
            self._changed.notify_all()
        if self._on_change is not None:
            self._on_change()

    def _put_event(self, event: SourceEvent) -> None:
        with self._changed:
            self._events.append(event)
