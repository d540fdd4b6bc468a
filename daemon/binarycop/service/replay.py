"""A recording through the whole service in its own time: each frame, without threads, always with the same result."""

import time
from collections.abc import Callable, Iterator
from math import inf

from binarycop.clock import ManualClock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame, Source
from binarycop.journal.events import Event
from binarycop.service.latencies import Latencies
from binarycop.service.service import Service
from binarycop.trace import NO_TRACER, Stage, Tracer


def replay(
    service: Service,
    source: Source,
    clock: ManualClock,
    tracer: Tracer = NO_TRACER,
    on_frame: Callable[[], None] = lambda: None,
) -> Latencies:
    """Run one recording through a service with one lane, until the last permission is over.

    clock: is set to the recording's time, which advances in its pauses without waiting. Returns how long each frame
    took in real time. While a service sleeps, only the frames that it takes count. on_frame: called before each frame.
    """
    latencies, taken_s = Latencies(), -inf
    for frame in _frames(service, source, tracer):
        on_frame()
        if frame.captured_s - taken_s < service.capture_interval_s:
            continue
        taken_s = frame.captured_s
        _step_until(service, clock, frame.captured_s)
        clock.advance_to(frame.captured_s)
        # Without the frame first, as the live loop steps: a track that is lost by now must not be found in it.
        service.step({}, clock.now_s())
        start_s = time.perf_counter()
        service.step({0: frame}, clock.now_s())
        latencies.add(time.perf_counter() - start_s)
    _step_until(service, clock, float("inf"))
    service.step({}, clock.now_s())
    return latencies


def _step_until(service: Service, clock: ManualClock, until_s: float) -> None:
    """Step at each deadline before ``until_s``, as the live loop does."""
    while (due_s := service.due_s(clock.now_s())) is not None and due_s < until_s:
        clock.advance_to(due_s)
        service.step({}, clock.now_s())


def _frames(service: Service, source: Source, tracer: Tracer) -> Iterator[Frame]:
    lane = service.lanes[0]
    while True:
        try:
            with tracer.span(Stage.CAPTURE):
                frame = source.read()
        except UndecodableFrame as error:
            lane.log(Event.UNDECODABLE, detail=error.reason)
            continue
        except SourceError as error:
            lane.log(Event.CUT_SHORT, detail=error.reason)
            return
        if frame is None:
            return
        yield frame
