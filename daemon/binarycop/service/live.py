"""The loop in real time: it hands the newest frames to the perception, and steps the lanes without waiting for it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from binarycop.clock import Clock
from binarycop.errors import SourceError, SourceErrors
from binarycop.frames.base import Frame
from binarycop.frames.grabber import Grabber
from binarycop.frames.source_event import SourceEventKind
from binarycop.journal.events import Event
from binarycop.service.faults import FaultReason
from binarycop.service.latencies import Latencies
from binarycop.service.service import Service
from binarycop.service.watchdog import STUCK_S, Stage

_MAX_WAIT_S = 0.05
_OPEN_S = 3.0  # a source that is not open by then is reported as such; a camera without a picture needs 2 s
_FIRST_FRAME_S = 10.0  # no gate waits longer for its source before the service is ready, however long stale_s is

_EVENTS = {
    SourceEventKind.LOST: Event.CAMERA_LOST,
    SourceEventKind.BACK: Event.CAMERA_BACK,
    SourceEventKind.FROZEN: Event.FROZEN,
    SourceEventKind.MOVING: Event.MOVING,
    SourceEventKind.UNDECODABLE: Event.UNDECODABLE,
    SourceEventKind.TRUNCATED: Event.CUT_SHORT,
    SourceEventKind.ENDED: Event.SOURCE_ENDED,
}


@dataclass(frozen=True)
class SourceCounts:
    """One lane's source: see the properties of ``Grabber``."""

    mode: str | None
    problem: str | None
    captured: int
    dropped: int
    withheld: int
    silent_s: float


class LiveLoop:
    """Runs a service until all sources have ended, or until it is stopped.

    grabbers: one for each lane, in the same order. The caller closes them, and the service. on_started: called for each
    lane with its index and what its source sends, in words, once that is known.
    """

    def __init__(
        self,
        service: Service,
        grabbers: list[Grabber],
        clock: Clock,
        on_started: Callable[[int, str], None] = lambda *_: None,
    ) -> None:
        self._service, self._grabbers, self._clock = service, grabbers, clock
        self._on_started, self._unstarted = on_started, set(range(len(grabbers)))
        self._begun_s = clock.now_s()
        self.latencies = Latencies()
        self._frames: dict[int, Frame] = {}  # those of the perception's present step
        self._abandoned = 0
        self._applied_s = clock.now_s()
        self._has_change = threading.Event()  # a source has given a frame or has ended

    @property
    def dropped(self) -> int:
        """How many frames no lane has seen, over all lanes.

        Each was replaced by a newer one, or was stale, or was still being processed when the loop ended.
        """
        return sum(grabber.dropped for grabber in self._grabbers) + self._abandoned

    @property
    def withheld(self) -> int:
        """How many frames of cameras repeated an earlier picture, over all lanes."""
        return sum(grabber.withheld for grabber in self._grabbers)

    @property
    def captured(self) -> int:
        """How many frames the sources gave, over all lanes."""
        return sum(grabber.captured for grabber in self._grabbers)

    @property
    def failure(self) -> SourceErrors | None:
        """The sources that are over without having given a frame, or whose thread has died; None if there are none."""
        problems = [
            SourceError(lane.settings.frames.source, grabber.end.detail)
            for lane, grabber in zip(self._service.lanes, self._grabbers)
            if grabber.end is not None and grabber.end.kind is SourceEventKind.LOST
        ]
        return SourceErrors(problems) if problems else None

    def sources(self) -> list[SourceCounts]:
        """The state of each lane's source."""
        return [
            SourceCounts(
                grabber.mode,
                grabber.problem,
                grabber.captured,
                grabber.dropped,
                grabber.withheld,
                grabber.silent_s(),
            )
            for grabber in self._grabbers
        ]

    def stages(self) -> list[Stage]:
        """The stages that have threads of their own: the source and the detector of each lane.

        A source may hang while another gate works: only a new process could help, and it would interrupt that gate.
        """
        now_s, lanes = self._clock.now_s(), self._service.lanes
        busy_s = [grabber.busy_s() for grabber in self._grabbers]
        works = any(
            not lane.faults and lane.source_end is None and source_s <= STUCK_S for lane, source_s in zip(lanes, busy_s)
        )
        sources = [
            Stage(f"source of {lane.settings.name}", source_s, may_hang=works) for lane, source_s in zip(lanes, busy_s)
        ]
        detectors = [
            Stage(f"detector of {lane.settings.name}", self._service.detector_busy_s(index, now_s))
            for index, lane in enumerate(lanes)
        ]
        return [*sources, *detectors, Stage("perception", self._service.runner.busy_s())]

    def run(self, should_stop: Callable[[], bool], on_step: Callable[[], None]) -> None:
        """Loop. ``on_step`` is called after each step.

        Raises what ``Service.step`` raises.
        """
        for grabber in self._grabbers:
            grabber.start(self._has_change.set)
        is_over = False
        while not should_stop() and not is_over:
            has_no_frame = self._have_ended() and self._service.runner.is_idle
            is_over = has_no_frame and self._service.due_s(self._clock.now_s()) is None
            self._step()
            on_step()
        self._abandoned = len(self._frames)

    def _step(self) -> None:
        runner = self._service.runner
        if runner.is_idle:
            self._frames = self._take_frames()
            runner.submit(self._frames, self._clock.now_s())
        sightings = runner.take(self._max_wait_s())
        self._check_sources()
        self._applied_s = self._clock.now_s()
        self._service.apply(sightings, self._applied_s)
        for grabber in self._grabbers:
            grabber.set_interval(self._service.capture_interval_s)
        if sightings is not None:
            for frame in self._frames.values():
                self.latencies.add(self._clock.now_s() - frame.captured_s)
            self._frames = {}

    def _take_frames(self) -> dict[int, Frame]:
        """The new frames by the index of their lane; waits for the first of them until the next deadline of a lane.

        It waits for all sources at once, so that no lane's frame waits for another lane's.
        """
        self._has_change.wait(self._max_wait_s())
        self._has_change.clear()
        taken = ((index, grabber.take(0.0)) for index, grabber in enumerate(self._grabbers))
        return {index: frame for index, frame in taken if frame is not None}

    def _check_sources(self) -> None:
        """Report what happened to the sources, to the journal and as faults."""
        is_late = self._clock.now_s() - self._begun_s > _OPEN_S
        for index, (lane, grabber) in enumerate(zip(self._service.lanes, self._grabbers)):
            events = grabber.events()  # before the mode, which is known before the first event
            if index in self._unstarted and (grabber.mode is not None or is_late):
                self._unstarted.remove(index)
                self._on_started(index, grabber.mode or "not open yet")
            for event in events:
                lane.log(_EVENTS[event.kind], detail=event.detail)
            end, stale_s = grabber.end, lane.settings.frames.stale_s
            lane.source_end = None if end is None else end.kind
            if end is not None:
                has_fault = end.kind is not SourceEventKind.ENDED
            elif lane.counters.frames:
                has_fault = grabber.silent_s() > stale_s
            else:
                has_fault = grabber.is_absent or grabber.silent_s() > min(stale_s, _FIRST_FRAME_S)
            lane.set_fault(FaultReason.NO_FRAMES, active=has_fault)

    def _max_wait_s(self) -> float:
        """The time until the next deadline of a lane, but never long: inputs are read and lamps blink in each step."""
        # From the last step of the lanes on: a deadline that has passed since then must not wait any longer.
        due_s = self._service.due_s(self._applied_s)
        return _MAX_WAIT_S if due_s is None else min(max(due_s - self._clock.now_s(), 0.001), _MAX_WAIT_S)

    def _have_ended(self) -> bool:
        return all(grabber.has_ended for grabber in self._grabbers)
