"""The work of a grabber, one step at a time: open, read, pace, notice. No thread and no waiting of its own."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from binarycop.clock import Clock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame, Source
from binarycop.frames.freeze_detector import FreezeDetector
from binarycop.frames.source_event import SourceEvent, SourceEventKind
from binarycop.frames.timing import Backoff, Pacing

_AFTER_BAD_S = 0.02  # so that a source with nothing but bad pictures does not take the processor for itself


@dataclass(frozen=True)
class GrabberSettings:
    """Times in seconds.

    stale_s: an older frame is not handed out. frozen_s: the same picture for that long is a frozen one.
    retry_first_s, retry_most_s: the waits between tries at a lost live source double from one to the
    other. notices_most: so many notices are kept for the reader, the newest ones.
    """

    stale_s: float = 2.0
    frozen_s: float = 5.0
    retry_first_s: float = 0.5
    retry_most_s: float = 5.0
    notices_most: int = 64


class SourceReader:
    """Reads one source as it should be read, and tells two callbacks about it.

    show: gets each frame that may be handed out, its ``captured_s`` on the clock also for a recording,
    and the numbers of a live source counting on over its losses. tell: gets each notice. is_live: whether
    a source that cannot even be opened is tried again; once open it says itself whether it is live.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        clock: Clock,
        settings: GrabberSettings,
        *,
        is_live: bool,
        show: Callable[[Frame], None],
        tell: Callable[[SourceEvent], None],
    ) -> None:
        self._open_source, self._clock, self._is_live = open_source, clock, is_live
        self._show, self._tell_to = show, tell
        self._backoff = Backoff(settings.retry_first_s, settings.retry_most_s)
        # Kept over a loss: the same still after the camera came back is as frozen as it was before.
        self._freeze = FreezeDetector(settings.frozen_s)
        self._pacing = Pacing()
        self._source: Source | None = None
        self._held: Frame | None = None
        self._is_lost = self._is_frozen = False
        self.captured = 0

    def step(self) -> float | None:
        """Do the next thing; returns how many seconds to let pass before the next step, None at the end."""
        try:
            if self._source is None:
                self._source = self._open_source()
                return 0.0
            if self._held is not None:
                return self._show_when_due(self._held)
            return self._read(self._source)
        except UndecodableFrame as error:
            self._tell(SourceEventKind.UNDECODABLE, error.reason)
            return _AFTER_BAD_S
        except SourceError as error:
            return self._lose(error.reason)
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not end the thread in silence
            return self._lose(f"unexpected {type(error).__name__}")

    def close(self) -> None:
        """Let go of the source; may be called twice."""
        source, self._source, self._held = self._source, None, None
        if source is not None:
            with suppress(Exception):  # it is given up or opened anew either way
                source.close()

    def _read(self, source: Source) -> float | None:
        frame = source.read()
        if frame is None:
            if source.is_live:
                return self._lose("its frames came to an end")
            self._tell(SourceEventKind.ENDED, f"after {self.captured} frames")
            self.close()
            return None
        number, self.captured = self.captured, self.captured + 1
        if not source.is_live:
            self._held = frame
            return self._show_when_due(frame)
        if self._is_lost:
            self._is_lost = False
            self._tell(SourceEventKind.BACK, "gives frames again")
        self._backoff.reset()
        self._show_unless_frozen(replace(frame, number=number))
        return 0.0

    def _show_when_due(self, frame: Frame) -> float:
        now_s = self._clock.now_s()
        due_s = self._pacing.due_s(frame.captured_s, now_s)
        if due_s > now_s:
            return due_s - now_s
        self._held = None
        self._show(replace(frame, captured_s=due_s))
        return 0.0

    def _show_unless_frozen(self, frame: Frame) -> None:
        was_frozen, self._is_frozen = self._is_frozen, self._freeze.is_frozen(frame.pixels, frame.captured_s)
        if self._is_frozen and not was_frozen:
            self._tell(SourceEventKind.FROZEN, "sends the same picture again and again; its frames are withheld")
        if was_frozen and not self._is_frozen:
            self._tell(SourceEventKind.MOVING, "sends other pictures again")
        if not self._is_frozen:
            self._show(frame)

    def _lose(self, reason: str) -> float | None:
        was_open = self._source is not None
        is_live = self._source.is_live if self._source is not None else self._is_live
        self.close()
        if not is_live:
            self._tell(SourceEventKind.TRUNCATED if was_open else SourceEventKind.LOST, reason)
            return None
        if not self._is_lost:
            self._is_lost = True
            self._tell(SourceEventKind.LOST, reason)
        return self._backoff.next_s()

    def _tell(self, kind: SourceEventKind, detail: str) -> None:
        self._tell_to(SourceEvent(kind, detail, self._clock.now_s()))
