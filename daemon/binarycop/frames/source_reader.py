"""Reads one source step by step: opens it, paces recordings, detects losses and repetitions. It starts no thread."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from math import inf

from binarycop.clock import Clock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame, Source
from binarycop.frames.low_res import subsample
from binarycop.frames.repeat_detector import RepeatDetector
from binarycop.frames.source_event import SourceEvent, SourceEventKind
from binarycop.frames.timing import Backoff, Pacing
from binarycop.trace import NO_TRACER, Stage, Tracer

_AFTER_BAD_PICTURE_S = 0.02  # a pause, so that a source with only bad pictures does not use all processor time


@dataclass(frozen=True)
class GrabberSettings:
    """Settings of a grabber. Times are in seconds.

    stale_s: an older frame is dropped. frozen_s: without a new picture for this long, the source is frozen.
    retry_first_s, retry_max_s: the waits between attempts to open a lost live source double from the first to the
    second. max_events: how many events are kept until they are fetched, the newest ones.
    """

    stale_s: float
    frozen_s: float
    retry_first_s: float = 0.5
    retry_max_s: float = 5.0
    max_events: int = 64


class SourceReader:
    """Reads one source, and passes its frames and events to two callbacks.

    on_frame: called with each frame. A recording's ``captured_s`` is converted to the clock; the numbers of a live
    source continue over its losses. on_event: called with each event. is_live: whether a source that cannot be opened
    is tried again; once it is open, ``Source.is_live`` decides. captured: how many frames the source gave. withheld:
    how many of them repeated an earlier picture, so that they were not passed on. end: the event with which a recording
    is over: ENDED, or TRUNCATED or LOST, which are faults; None for a live source, and before. mode: what the source
    sends (``Source.mode``), or that it could not be opened; None before the first attempt. problem: why it gives no
    frames now, in words; None while it gives some, and after a recording's end. interval_s: set by another thread, the
    least time from one picture to the next; 0: all of them. left_out: how many frames of a recording were not passed on
    for that reason; those of a camera are not even read.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        clock: Clock,
        settings: GrabberSettings,
        *,
        is_live: bool,
        on_frame: Callable[[Frame], None],
        on_event: Callable[[SourceEvent], None],
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._open_source, self._clock, self._is_live, self._tracer = open_source, clock, is_live, tracer
        self._on_frame, self._on_event = on_frame, on_event
        self._backoff = Backoff(settings.retry_first_s, settings.retry_max_s)
        self._frozen_s = settings.frozen_s
        # Kept over a loss: a camera that comes back with the same still is still frozen.
        self._repeat_detector = RepeatDetector()
        self._new_s: float | None = None  # when the last picture came that repeated none
        self._ring = 0  # the longest distance of the repetitions since then
        self._pacing = Pacing()
        self._source: Source | None = None
        self._pending: Frame | None = None
        self._is_lost = self._is_frozen = False
        self.interval_s, self._taken_s = 0.0, -inf
        self.captured = self.withheld = self.left_out = 0
        self.end: SourceEvent | None = None
        self.mode: str | None = None
        self.problem: str | None = None

    @property
    def is_absent(self) -> bool:
        """Whether a live source could not be opened or read, and has given no frame yet."""
        return self._is_lost and not self.captured

    def step(self) -> float | None:
        """Do one step; returns how many seconds to wait before the next one, or None at the end."""
        try:
            if self._source is None:
                self._source = self._open_source()
                self.mode = self._source.mode
                return 0.0
            if self._pending is not None:
                return self._deliver_when_due(self._pending)
            wait_s = self._taken_s + self.interval_s - self._clock.now_s()
            return wait_s if self._source.is_live and wait_s > 0 else self._read(self._source)
        except UndecodableFrame as error:
            self._report(SourceEventKind.UNDECODABLE, error.reason)
            return _AFTER_BAD_PICTURE_S
        except SourceError as error:
            return self._end_or_retry(error.reason)
        except BaseException as error:  # noqa: BLE001 - nothing that a source raises ends the thread, not even SystemExit
            return self._end_or_retry(f"unexpected {type(error).__name__}")

    def close(self) -> None:
        """Close the source; may be called twice."""
        source, self._source, self._pending = self._source, None, None
        if source is not None:
            with suppress(Exception):  # the source is dropped in any case
                source.close()

    def _read(self, source: Source) -> float | None:
        asked_s = self._clock.now_s()
        if self.interval_s:
            source.drop_waiting()
        with self._tracer.span(Stage.CAPTURE):
            frame = source.read()
            if frame is not None:
                # Here the picture is in the processor's cache; the perception would wait for the memory.
                frame = replace(frame, low_res=subsample(frame.picture))
        if frame is None:
            if source.is_live:
                return self._end_or_retry("its frames ended")
            if not self.captured:
                return self._end_or_retry("has no frame that can be decoded")
            self._finish(SourceEventKind.ENDED, f"after {self.captured} frames")
            return None
        number, self.captured = self.captured, self.captured + 1
        if not source.is_live:
            self._pending = frame
            return self._deliver_when_due(frame)
        if self._is_lost:
            self._is_lost, self.problem = False, None
            self._report(SourceEventKind.BACK, f"gives frames again ({self.mode})")
        self._backoff.reset()
        self._taken_s = asked_s  # not when the picture came: the wait for it would be added to each interval
        self._deliver_unless_repeated(replace(frame, number=number))
        return 0.0

    def _deliver_when_due(self, frame: Frame) -> float:
        now_s = self._clock.now_s()
        due_s = self._pacing.due_s(frame.captured_s, now_s)
        if due_s > now_s:
            return due_s - now_s
        self._pending = None
        if due_s - self._taken_s < self.interval_s:
            self.left_out += 1
            return 0.0
        self._taken_s = due_s
        self._on_frame(replace(frame, captured_s=due_s))
        return 0.0

    def _deliver_unless_repeated(self, frame: Frame) -> None:
        now_s, distance = self._clock.now_s(), self._repeat_detector.distance(frame.picture)
        if distance is None and frame.has_advanced:
            self._new_s, self._ring = now_s, 0
            if self._is_frozen:
                self._is_frozen = False
                self._report(SourceEventKind.MOVING, "sends new pictures again")
            self._on_frame(frame)
            return
        # One repetition alone is no fault: some drivers give a picture twice now and then.
        self.withheld += 1
        self._ring = max(self._ring, distance or 0)
        if self._new_s is None:
            self._new_s = now_s
        if not self._is_frozen and now_s - self._new_s >= self._frozen_s:
            self._is_frozen = True
            self._report(SourceEventKind.FROZEN, f"{_repetition(self._ring)}; its frames are withheld")

    def _end_or_retry(self, reason: str) -> float | None:
        is_live = self._source.is_live if self._source is not None else self._is_live
        self.mode, self.problem = self.mode or "not open", reason
        if not is_live:
            self._finish(SourceEventKind.TRUNCATED if self.captured else SourceEventKind.LOST, reason)
            return None
        self.close()
        if not self._is_lost:
            self._is_lost = True
            self._report(SourceEventKind.LOST, reason)
        return self._backoff.next_s()

    def _finish(self, kind: SourceEventKind, detail: str) -> None:
        """Close a recording for good."""
        self.close()
        self.end = self._report(kind, detail)

    def _report(self, kind: SourceEventKind, detail: str) -> SourceEvent:
        event = SourceEvent(kind, detail, self._clock.now_s())
        self._on_event(event)
        return event


def _repetition(ring: int) -> str:
    """How a source repeats pictures, in words. ring: after how many frames; 0 if only its time stamps repeat."""
    if not ring:
        return "the time stamps of its driver stand still"
    return "sends the same picture again and again" if ring == 1 else f"repeats the same {ring} pictures"
