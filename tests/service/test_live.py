"""The loop in real time, on sources that a test holds in its hand."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from binarycop.clock import MonotonicClock
from binarycop.errors import BackendError, SourceError
from binarycop.frames.base import Frame
from binarycop.frames.grabber import Grabber, GrabberSettings
from binarycop.journal.events import Event
from binarycop.service.live import LiveLoop
from binarycop.service.watchdog import Stage
from binarycop.settings.schema import FramesSettings, LaneSettings
from tests.service.rigs import CORRECT, HERE, NOSE, Rig

FAST = GrabberSettings(stale_s=5.0, retry_first_s=0.01, retry_most_s=0.02)
BLANK = np.zeros((240, 320, 3), np.uint8)


class Recording:
    """So many frames, one every 10 ms of its own time; then it ends, or breaks."""

    name, is_live = "recording", False

    def __init__(self, frames: int, breaks: SourceError | None = None) -> None:
        self._frames, self._breaks, self._number = frames, breaks, 0

    def read(self) -> Frame | None:
        if self._number == self._frames:
            if self._breaks:
                raise self._breaks
            return None
        self._number += 1
        return Frame(BLANK, self._number * 0.01, self._number)

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


def loop_of(rig: Rig, *sources: Recording | Silent) -> LiveLoop:
    clock = MonotonicClock()
    grabbers = [Grabber(lambda one=one: one, clock, FAST, is_live=one.is_live) for one in sources]  # type: ignore[misc]
    return LiveLoop(rig.service, grabbers, clock)


def never() -> bool:
    return False


def nothing() -> None:
    pass


def test_a_recording_is_decided_on_and_the_loop_ends_by_itself_with_the_coil_released() -> None:
    rig = Rig().somebody(CORRECT)
    with loop_of(rig, Recording(40)) as loop:
        loop.run(never, nothing)
    assert {"person", "verdict", "permit", "source_ended"} <= set(rig.names)
    assert rig.names[-1] == "left"
    assert not rig.coil
    assert loop.captured == 40
    assert rig.service.lanes[0].tally.frames + loop.dropped == 40
    assert loop.latencies.percentiles()["p99"] is not None


def test_a_recording_that_breaks_off_is_told_and_ends_the_loop() -> None:
    rig = Rig().somebody(NOSE)
    with loop_of(rig, Recording(5, SourceError("recording", "stops after 5 of 9 frames"))) as loop:
        loop.run(never, nothing)
    assert rig.told(Event.CUT_SHORT)[0][1]["detail"]


def test_a_camera_that_hangs_is_a_fault_while_the_loop_goes_on() -> None:
    rig = Rig(replace(LaneSettings(), frames=FramesSettings(stale_s=0.2)))
    source = Silent()
    give_up_s = MonotonicClock().now_s() + 30

    def is_over() -> bool:
        if "fault" in rig.names or MonotonicClock().now_s() > give_up_s:
            source.is_free.set()
        return source.is_free.is_set()

    hung: list[Stage] = []
    with loop_of(rig, source) as loop:
        loop.run(is_over, lambda: hung.extend(one for one in loop.stages() if one.busy_s > 0.1))
    assert hung[0].name == "frames of gate"
    assert rig.told(Event.FAULT) == [("fault", {"reason": "no frames"})]
    assert not rig.coil


def test_two_sources_go_on_until_both_have_ended() -> None:
    south = LaneSettings(name="south", lines=replace(LaneSettings().lines, permission=replace(
        LaneSettings().lines.permission, pin="R2"), lamps={}))  # fmt: skip
    rig = Rig(LaneSettings(name="north"), south)
    rig.finders[0].box = rig.finders[1].box = HERE
    with loop_of(rig, Recording(5), Recording(30)) as loop:
        loop.run(never, nothing)
    assert loop.captured == 35
    assert [gate for event, gate, _ in rig.journal.records if event is Event.SOURCE_ENDED] == ["north", "south"]


def test_a_stage_that_fails_ends_the_loop_with_its_error() -> None:
    rig = Rig().somebody(CORRECT)
    rig.classifier.fails = BackendError("gone")
    with pytest.raises(BackendError, match="gone"), loop_of(rig, Recording(40)) as loop, rig.service:
        loop.run(never, nothing)
    assert rig.factory.pin("RELAY").state is False
