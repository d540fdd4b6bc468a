"""The loop in real time, on sources that a test holds in its hand."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.clock import MonotonicClock
from binarycop.errors import BackendError, DetectorError, SourceError
from binarycop.frames.base import Frame
from binarycop.frames.grabber import Grabber, GrabberSettings
from binarycop.geometry import Box
from binarycop.journal.events import Event
from binarycop.service.live import LiveLoop
from binarycop.service.watchdog import Stage
from binarycop.settings.faces import FacesSettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.schema import LaneSettings
from tests.detection.scenes import scene
from tests.service.fakes import CORRECT, HERE, NOSE, SimulatedSetup

FAST = GrabberSettings(stale_s=5.0, retry_first_s=0.01, retry_most_s=0.02)
BLANK = np.zeros((240, 320, 3), np.uint8)
NEAR = Box(60, 40, 30, 36)


class Recording:
    """So many frames, one every 10 ms of its own time; then it ends, or breaks."""

    name, is_live = "recording", False

    def __init__(self, frames: int, breaks: SourceError | None = None, pixels: NDArray[np.uint8] = BLANK) -> None:
        self._frames, self._breaks, self._pixels, self._number = frames, breaks, pixels, 0

    def read(self) -> Frame | None:
        if self._number == self._frames:
            if self._breaks:
                raise self._breaks
            return None
        self._number += 1
        return Frame(self._pixels, self._number * 0.01, self._number)

    def close(self) -> None:
        pass


class Silent:
    """A camera that hangs in its second read until it is let go."""

    name, is_live = "silent", True

    def __init__(self) -> None:
        self.is_free = threading.Event()
        self._count = 0

    def read(self) -> Frame | None:
        self._count += 1
        if self._count > 1:
            self.is_free.wait(30)
            raise SourceError(self.name, "hung")
        return Frame(BLANK, MonotonicClock().now_s(), 0)

    def close(self) -> None:
        pass


def loop_of(bench: SimulatedSetup, *sources: Recording | Silent) -> LiveLoop:
    clock = MonotonicClock()
    grabbers = [Grabber(lambda one=one: one, clock, FAST, is_live=one.is_live) for one in sources]  # type: ignore[misc]
    return LiveLoop(bench.service, grabbers, clock)


def never() -> bool:
    return False


def nothing() -> None:
    pass


def test_a_recording_is_decided_on_and_the_loop_ends_by_itself_with_the_coil_released() -> None:
    bench = SimulatedSetup().somebody(CORRECT)
    with loop_of(bench, Recording(40)) as loop:
        loop.run(never, nothing)
    assert {"person", "verdict", "permit", "source_ended"} <= set(bench.names)
    assert bench.names[-1] == "left"
    assert not bench.coil
    assert loop.captured == 40
    assert bench.service.lanes[0].counters.frames + loop.dropped == 40
    assert loop.latencies.percentiles()["p99"] is not None


def test_a_recording_that_breaks_off_is_told_and_ends_the_loop() -> None:
    bench = SimulatedSetup().somebody(NOSE)
    with loop_of(bench, Recording(5, SourceError("recording", "stops after 5 of 9 frames"))) as loop:
        loop.run(never, nothing)
    assert bench.told(Event.CUT_SHORT)[0][1]["detail"]


def test_a_camera_that_hangs_is_a_fault_while_the_loop_goes_on() -> None:
    bench = SimulatedSetup(replace(LaneSettings(), frames=FramesSettings(stale_s=0.2)))
    source = Silent()
    give_up_s = MonotonicClock().now_s() + 30

    def is_over() -> bool:
        if "fault" in bench.names or MonotonicClock().now_s() > give_up_s:
            source.is_free.set()
        return source.is_free.is_set()

    hung: list[Stage] = []
    with loop_of(bench, source) as loop:
        loop.run(is_over, lambda: hung.extend(one for one in loop.stages() if one.busy_s > 0.1))
    assert hung[0].name == "frames of gate"
    assert bench.told(Event.FAULT) == [("fault", {"reason": "no frames"})]
    assert not bench.coil


class Dying(Silent):
    """A camera whose driver ends the thread that reads it, without a word."""

    def read(self) -> Frame | None:
        raise SystemExit


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_camera_whose_thread_dies_has_not_ended_but_failed() -> None:
    bench = SimulatedSetup()
    with pytest.raises(SourceError, match="thread"), loop_of(bench, Dying()) as loop, bench.service:
        loop.run(never, nothing)
    assert bench.factory.pin("RELAY").state is False


def test_two_sources_go_on_until_both_have_ended() -> None:
    south = LaneSettings(name="south", lines=replace(LaneSettings().lines, permission=replace(
        LaneSettings().lines.permission, pin="R2"), lamps={}))  # fmt: skip
    bench = SimulatedSetup(LaneSettings(name="north"), south)
    bench.finders[0].box = bench.finders[1].box = HERE
    with loop_of(bench, Recording(5), Recording(30)) as loop:
        loop.run(never, nothing)
    assert loop.captured == 35
    assert [gate for event, gate, _ in bench.journal.records if event is Event.SOURCE_ENDED] == ["north", "south"]


def test_a_finder_in_a_thread_of_its_own_sees_people_too_and_ends_with_the_loop() -> None:
    bench = SimulatedSetup(in_thread=True).somebody(CORRECT, NEAR)
    with loop_of(bench, Recording(60, pixels=scene({1: NEAR}))) as loop, bench.service:
        loop.run(never, nothing)
    assert {"person", "verdict", "permit"} <= set(bench.names)
    assert all(thread.name != "finder" for thread in threading.enumerate())


def test_a_finder_that_fails_in_its_thread_ends_the_loop_with_its_error() -> None:
    bench = SimulatedSetup(in_thread=True)
    bench.finders[0].fails = DetectorError("broke")
    with pytest.raises(DetectorError, match="broke"), loop_of(bench, Recording(60)) as loop, bench.service:
        loop.run(never, nothing)
    assert bench.factory.pin("RELAY").state is False


def test_a_finder_that_hangs_is_a_fault_and_a_stage_that_does_not_move_on() -> None:
    bench = SimulatedSetup(replace(LaneSettings(), faces=FacesSettings(deadline_s=0.1)), in_thread=True)
    may = bench.finders[0].may = threading.Event()
    source = Silent()
    give_up_s = MonotonicClock().now_s() + 30
    hung: list[Stage] = []

    def is_over() -> bool:
        if "fault" in bench.names:
            may.set()
        is_well = "fault_over" in bench.names or MonotonicClock().now_s() > give_up_s
        if is_well:
            source.is_free.set()
        return is_well

    with loop_of(bench, source) as loop, bench.service:
        loop.run(is_over, lambda: hung.extend(one for one in loop.stages() if one.busy_s > 0.1))
    assert "finder of gate" in {one.name for one in hung}
    assert bench.told(Event.FAULT)[0] == ("fault", {"reason": "no answer from the finder"})
    assert bench.told(Event.FAULT_OVER)[0] == ("fault_over", {"reason": "no answer from the finder"})


def test_a_stage_that_fails_ends_the_loop_with_its_error() -> None:
    bench = SimulatedSetup().somebody(CORRECT)
    bench.classifier.fails = BackendError("gone")
    with pytest.raises(BackendError, match="gone"), loop_of(bench, Recording(40)) as loop, bench.service:
        loop.run(never, nothing)
    assert bench.factory.pin("RELAY").state is False
