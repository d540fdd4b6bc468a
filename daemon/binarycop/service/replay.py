"""A recording through the whole service in its own time: every frame, no thread, the same each time."""

import time
from collections.abc import Iterator

from binarycop.clock import ManualClock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame, Source
from binarycop.journal.events import Event
from binarycop.service.service import Latencies, Service


def replay(service: Service, source: Source, clock: ManualClock) -> Latencies:
    """Run one recording through a service of one lane, and let every permission run out behind it.

    clock: set to the recording's time as it goes. Returns the time that each frame took, in real time.
    """
    latencies = Latencies()
    for frame in _frames(service, source):
        _let_time_pass(service, clock, frame.captured_s)
        clock.advance_to(frame.captured_s)
        begun_s = time.perf_counter()
        service.step({0: frame}, clock.now_s())
        latencies.add(time.perf_counter() - begun_s)
    _let_time_pass(service, clock, float("inf"))
    service.step({}, clock.now_s())
    return latencies


def _let_time_pass(service: Service, clock: ManualClock, until_s: float) -> None:
    """Every deadline before ``until_s`` at its own moment, as the live loop would meet it."""
    while (due_s := service.due_s(clock.now_s())) is not None and due_s < until_s:
        clock.advance_to(due_s)
        service.step({}, clock.now_s())


def _frames(service: Service, source: Source) -> Iterator[Frame]:
    lane = service.lanes[0]
    while True:
        try:
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
