"""The loop in real time, with sources that the test controls."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.clock import ManualClock, MonotonicClock
from binarycop.errors import BackendError, DetectorError, SourceError
from binarycop.frames.base import Frame
from binarycop.frames.grabber import Grabber
from binarycop.frames.source_reader import GrabberSettings
from binarycop.geometry import Box
from binarycop.journal.events import Event
from binarycop.service.live import LiveLoop
from binarycop.service.watchdog import Stage
from binarycop.settings.faces import FacesSettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.lines import LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings
from tests.detection.scenes import scene
from tests.service.fakes import CORRECT, HERE, NOSE, SimulatedSetup

FAST = GrabberSettings(stale_s=5.0, frozen_s=5.0, retry_first_s=0.01, retry_max_s=0.02)
BLANK = np.zeros((240, 320, 3), np.uint8)
NEAR = Box(60, 40, 30, 36)


class Recording:
    """This many frames, one every 10 ms of its own time; then it ends, or fails with ``fails``."""

    name, is_live = "recording", False

    def __init__(self, frames: int, fails: SourceError | None = None, pixels: NDArray[np.uint8] = BLANK) -> None:
        self._frames, self._fails, self._pixels, self._number = frames, fails, pixels, 0

    def read(self) -> Frame | None:
        if self._number == self._frames:
            if self._fails:
                raise self._fails
            return None
        self._number += 1
        return Frame(self._pixels, self._number * 0.01, self._number)

    def close(self) -> None:
        pass


class Silent:
    """A camera that hangs in its second read until ``is_free`` is set."""

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


@contextmanager
def loop_of(setup: SimulatedSetup, *sources: Recording | Silent) -> Iterator[LiveLoop]:
    """A loop whose grabbers and detectors end with the context."""
    clock = MonotonicClock()
    with ExitStack() as opened:
        grabbers = [Grabber(partial(_same, source), clock, FAST, is_live=source.is_live) for source in sources]
        for close in (*(tracker.close for tracker in setup.trackers), *(grabber.close for grabber in grabbers)):
            opened.callback(close, 3.0)
        yield LiveLoop(setup.service, grabbers, clock)


def _same(source: Recording | Silent) -> Recording | Silent:
    return source


def never() -> bool:
    return False


def nothing() -> None:
    pass


def test_a_recording_leads_to_a_permission_and_the_loop_ends_by_itself_with_the_relay_off() -> None:
    setup = SimulatedSetup().person_arrives(CORRECT)
    with loop_of(setup, Recording(40)) as loop:
        loop.run(never, nothing)
    assert {"person", "verdict", "permit", "source_ended"} <= set(setup.event_names)
    assert setup.event_names[-1] == "left"
    assert not setup.is_relay_on
    assert loop.captured == 40
    assert setup.service.lanes[0].counters.frames + loop.dropped == 40
    assert loop.latencies.percentiles()["p99"] is not None


def test_a_recording_that_is_cut_short_is_in_the_journal_and_ends_the_loop() -> None:
    setup = SimulatedSetup().person_arrives(NOSE)
    with loop_of(setup, Recording(5, SourceError("recording", "stops after 5 of 9 frames"))) as loop:
        loop.run(never, nothing)
    assert setup.records(Event.CUT_SHORT)[0][1]["detail"]


def test_a_camera_that_hangs_is_a_fault_while_the_loop_goes_on() -> None:
    setup = SimulatedSetup(replace(LaneSettings(), frames=FramesSettings(stale_s=0.2)))
    source = Silent()
    give_up_s = MonotonicClock().now_s() + 30

    def is_over() -> bool:
        if "fault" in setup.event_names or MonotonicClock().now_s() > give_up_s:
            source.is_free.set()
        return source.is_free.is_set()

    busy: list[Stage] = []
    with loop_of(setup, source) as loop:
        loop.run(is_over, lambda: busy.extend(stage for stage in loop.stages() if stage.busy_s > 0.1))
    assert busy[0].name == "source of gate"
    assert setup.records(Event.FAULT) == [("fault", {"reason": "no frames"})]
    assert not setup.is_relay_on


def test_a_frame_does_not_wait_for_the_sources_that_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    take, waits_s = Grabber.take, set[float]()

    def record(grabber: Grabber, timeout_s: float) -> Frame | None:
        waits_s.add(timeout_s)
        return take(grabber, timeout_s)

    monkeypatch.setattr(Grabber, "take", record)
    source = Silent()
    relay = LinesSettings(permission=LineSettings("R2"), lamps={})
    setup = SimulatedSetup(LaneSettings(name="north"), LaneSettings(name="south", lines=relay))
    with loop_of(setup, source, Recording(5)) as loop:
        loop.run(lambda: loop.captured >= 6, lambda: None)
        source.is_free.set()
    assert waits_s == {0.0}


class Dying(Silent):
    """A camera whose driver ends the thread that reads it, without an error."""

    def read(self) -> Frame | None:
        raise SystemExit


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_source_whose_thread_dies_ends_the_loop_with_an_error() -> None:
    setup = SimulatedSetup()
    with pytest.raises(SourceError, match="thread"), loop_of(setup, Dying()) as loop, setup.service:
        loop.run(never, nothing)
    assert setup.factory.pin("RELAY").state is False


def test_two_sources_go_on_until_both_have_ended() -> None:
    south = LaneSettings(name="south", lines=replace(LaneSettings().lines, permission=replace(
        LaneSettings().lines.permission, pin="R2"), lamps={}))  # fmt: skip
    setup = SimulatedSetup(LaneSettings(name="north"), south)
    setup.detectors[0].box = setup.detectors[1].box = HERE
    with loop_of(setup, Recording(5), Recording(30)) as loop:
        loop.run(never, nothing)
    assert loop.captured == 35
    assert [gate for event, gate, _ in setup.journal.records if event is Event.SOURCE_ENDED] == ["north", "south"]


def test_a_detector_in_its_own_thread_finds_people_too_and_ends_with_the_loop() -> None:
    small = LaneSettings(faces=FacesSettings(least_px=16))
    setup = SimulatedSetup(small, in_thread=True).person_arrives(CORRECT, NEAR)
    with loop_of(setup, Recording(60, pixels=scene({1: NEAR}))) as loop, setup.service:
        loop.run(never, nothing)
    assert {"person", "verdict", "permit"} <= set(setup.event_names)
    assert all(thread.name != "detector" for thread in threading.enumerate())


def test_a_detector_that_fails_in_its_thread_ends_the_loop_with_its_error() -> None:
    setup = SimulatedSetup(in_thread=True)
    setup.detectors[0].fails = DetectorError("broke")
    with pytest.raises(DetectorError, match="broke"), loop_of(setup, Recording(60)) as loop, setup.service:
        loop.run(never, nothing)
    assert setup.factory.pin("RELAY").state is False


def test_a_detector_that_hangs_is_a_fault_and_a_busy_stage() -> None:
    setup = SimulatedSetup(replace(LaneSettings(), faces=FacesSettings(deadline_s=0.1)), in_thread=True)
    may_answer = setup.detectors[0].may_answer = threading.Event()
    source = Silent()
    give_up_s = MonotonicClock().now_s() + 30
    busy: list[Stage] = []

    def should_stop() -> bool:
        if "fault" in setup.event_names:
            may_answer.set()
        is_over = "fault_over" in setup.event_names or MonotonicClock().now_s() > give_up_s
        if is_over:
            source.is_free.set()
        return is_over

    with loop_of(setup, source) as loop, setup.service:
        loop.run(should_stop, lambda: busy.extend(stage for stage in loop.stages() if stage.busy_s > 0.1))
    assert "detector of gate" in {stage.name for stage in busy}
    assert setup.records(Event.FAULT)[0] == ("fault", {"reason": "no answer from the detector"})
    assert setup.records(Event.FAULT_OVER)[0] == ("fault_over", {"reason": "no answer from the detector"})


def test_a_deadline_that_passes_while_frames_are_awaited_waits_for_no_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock(50.0)
    setup = SimulatedSetup(clock=clock)
    waits_s: list[float] = []

    def take(timeout_s: float) -> None:
        waits_s.append(timeout_s)
        clock.advance_to(60.0)

    monkeypatch.setattr(setup.service, "due_s", lambda now_s: 50.1 if now_s < 50.1 else None)
    monkeypatch.setattr(setup.runner, "submit", lambda *_: clock.advance_to(50.2))
    monkeypatch.setattr(setup.runner, "take", take)
    LiveLoop(setup.service, [], clock).run(never, nothing)
    assert waits_s[0] == 0.001


def test_a_part_that_fails_ends_the_loop_with_its_error() -> None:
    setup = SimulatedSetup().person_arrives(CORRECT)
    setup.classifier.fails = BackendError("gone")
    with pytest.raises(BackendError, match="gone"), loop_of(setup, Recording(40)) as loop, setup.service:
        loop.run(never, nothing)
    assert setup.factory.pin("RELAY").state is False
