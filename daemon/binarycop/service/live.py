"""The loop in real time: grabbers give the newest frames, sources' notices become faults and journal lines."""

from collections.abc import Callable
from functools import partial
from threading import Event as Flag
from types import TracebackType

from binarycop.clock import Clock
from binarycop.errors import SourceError
from binarycop.frames.camera import CameraSettings
from binarycop.frames.choose import is_recording, open_source
from binarycop.frames.grabber import Grabber, GrabberSettings, SourceEvent, SourceEventKind
from binarycop.journal.events import Event
from binarycop.service.lane import Lane
from binarycop.service.service import Latencies, Service
from binarycop.service.watchdog import Stage
from binarycop.settings.frames import FramesSettings

_STEP_MOST_S = 0.05
_CLOSE_S = 3.0  # a stalled camera lets go after 2 s

_EVENTS = {
    SourceEventKind.LOST: Event.CAMERA_LOST,
    SourceEventKind.BACK: Event.CAMERA_BACK,
    SourceEventKind.FROZEN: Event.FROZEN,
    SourceEventKind.MOVING: Event.MOVING,
    SourceEventKind.UNDECODABLE: Event.UNDECODABLE,
    SourceEventKind.TRUNCATED: Event.CUT_SHORT,
    SourceEventKind.ENDED: Event.SOURCE_ENDED,
}
_NO_FRAMES = "no frames"


def grabber_for(frames: FramesSettings, clock: Clock) -> Grabber:
    """The thread that owns one lane's source."""
    camera = CameraSettings(
        width_px=frames.width_px,
        height_px=frames.height_px,
        rate_hz=frames.rate_hz,
        fourcc=frames.pixel_format.value,
    )
    return Grabber(
        partial(open_source, frames.source, clock, camera=camera),
        clock,
        GrabberSettings(stale_s=frames.stale_s, frozen_s=frames.frozen_s),
        is_live=not is_recording(frames.source),
    )


class LiveLoop:
    """Runs a service on its grabbers, one per lane in the same order, until all sources end or it is stopped.

    Closing it lets sources and finders go, which may take seconds: close the service, and with it every coil, before.
    """

    def __init__(self, service: Service, grabbers: list[Grabber], clock: Clock) -> None:
        self._service, self._grabbers, self._clock = service, grabbers, clock
        self._never = Flag()
        self.latencies = Latencies()

    def __enter__(self) -> "LiveLoop":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for grabber in self._grabbers:
            grabber.close(_CLOSE_S)
        for lane in self._service.lanes:
            lane.close_detector(_CLOSE_S)

    @property
    def dropped(self) -> int:
        """Frames that a newer one replaced before they were looked at, in all lanes."""
        return sum(grabber.dropped for grabber in self._grabbers)

    @property
    def captured(self) -> int:
        """Frames that the sources gave, in all lanes."""
        return sum(grabber.captured for grabber in self._grabbers)

    def stages(self) -> list[Stage]:
        """What runs beside the loop itself: each lane's source, and its finder."""
        now_s = self._clock.now_s()
        sources = [
            Stage(f"frames of {lane.settings.name}", grabber.busy_s())
            for lane, grabber in zip(self._service.lanes, self._grabbers)
        ]
        return sources + [
            Stage(f"finder of {lane.settings.name}", lane.detector_busy_s(now_s)) for lane in self._service.lanes
        ]

    def run(self, should_stop: Callable[[], bool], on_step: Callable[[], None]) -> None:
        """Loop; ``on_step`` is called after every step.

        Raises what ``Service.step`` raises, and SourceError where a source's thread has died: that is no end of it.
        """
        for grabber in self._grabbers:
            grabber.start()
        is_over = False
        while not should_stop() and not is_over:
            is_over = self._have_ended() and self._service.due_s(self._clock.now_s()) is None
            self._round()
            on_step()

    def _round(self) -> None:
        wait_s = self._wait_s() / len(self._grabbers)
        frames = {}
        for index, grabber in enumerate(self._grabbers):
            frame = grabber.take(wait_s)
            if frame is not None:
                frames[index] = frame
        if self._have_ended():
            # Nobody waits in `take` any more, and the last permission still has its time.
            self._never.wait(wait_s)
        for lane, grabber in zip(self._service.lanes, self._grabbers):
            _log_source_events(lane, grabber.notices())
            if grabber.has_died:
                raise SourceError(lane.settings.frames.source, "the thread that reads it has died")
            is_silent = grabber.silent_s() > lane.settings.frames.stale_s and not grabber.has_ended
            lane.fault(_NO_FRAMES, active=is_silent)
        self._service.step(frames, self._clock.now_s())
        for frame in frames.values():
            self.latencies.add(self._clock.now_s() - frame.captured_s)

    def _wait_s(self) -> float:
        """Until the next deadline of a lane, but never for long: lane inputs and lamps want a look, too."""
        now_s = self._clock.now_s()
        due_s = self._service.due_s(now_s)
        return _STEP_MOST_S if due_s is None else min(max(due_s - now_s, 0.001), _STEP_MOST_S)

    def _have_ended(self) -> bool:
        return all(grabber.has_ended for grabber in self._grabbers)


def _log_source_events(lane: Lane, notices: list[SourceEvent]) -> None:
    for notice in notices:
        lane.log(_EVENTS[notice.kind], detail=notice.detail)
