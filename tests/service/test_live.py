"""The loop in real time, with sources that the test controls."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import cycle

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.clock import ManualClock, MonotonicClock
from binarycop.errors import BackendError, DetectorError, SourceError, UndecodableFrame
from binarycop.frames.base import Frame
from binarycop.frames.grabber import Grabber
from binarycop.frames.source_event import SourceEventKind
from binarycop.frames.source_reader import GrabberSettings, SourceReader
from binarycop.geometry import Box
from binarycop.journal.events import Event
from binarycop.service.faults import FaultReason
from binarycop.service.live import LiveLoop
from binarycop.service.watchdog import STUCK_S, Stage
from binarycop.settings.faces import FacesSettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.lines import LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.service import Mode, ServiceSettings
from tests.detection.scenes import scene
from tests.patience import PATIENCE_S
from tests.service.fakes import CORRECT, HERE, NOSE, SimulatedSetup

FAST = GrabberSettings(stale_s=5.0, frozen_s=5.0, retry_first_s=0.01, retry_max_s=0.02)
BLANK = np.zeros((240, 320, 3), np.uint8)
NEAR = Box(60, 40, 30, 36)
TWO_GATES = (
    LaneSettings(name="north"),
    LaneSettings(name="south", lines=LinesSettings(permission=LineSettings("R2"), lamps={})),
)


class Recording:
    """This many frames, one every 10 ms of its own time; then it ends, or fails with ``fails``."""

    name, mode, is_live = "recording", "made up", False
    opening: SourceError | None = None  # why it cannot be opened

    def __init__(self, frames: int, fails: SourceError | None = None, pixels: NDArray[np.uint8] = BLANK) -> None:
        self._frames, self._fails, self._pixels, self._number = frames, fails, pixels, 0

    def read(self) -> Frame | None:
        if self._number == self._frames:
            if self._fails:
                raise self._fails
            return None
        self._number += 1
        return Frame(self._pixels, self._number * 0.01, self._number)

    def drop_waiting(self) -> None:
        pass

    def close(self) -> None:
        pass


class Silent:
    """A camera that hangs in its second read until ``is_free`` is set."""

    name, mode, is_live = "silent", "made up", True
    opening: SourceError | None = None  # why it cannot be opened

    def __init__(self) -> None:
        self.is_free = threading.Event()
        self._count = 0

    def read(self) -> Frame | None:
        self._count += 1
        if self._count > 1:
            self.is_free.wait(PATIENCE_S)
            raise SourceError(self.name, "hung")
        return Frame(BLANK, MonotonicClock().now_s(), 0)

    def drop_waiting(self) -> None:
        pass

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
    if source.opening is not None:
        raise source.opening
    return source


def gates_with(setup: SimulatedSetup, event: Event) -> list[str]:
    """The gates of which the journal has this event."""
    return [gate for found, gate, _ in setup.journal.records if found is event]


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


def test_each_lane_is_told_what_its_source_sends_before_its_other_events() -> None:
    clock, is_free = MonotonicClock(), threading.Event()
    setup = SimulatedSetup(*TWO_GATES)
    told: list[tuple[int, str]] = []
    steps: list[int] = []

    def hang() -> Recording:
        is_free.wait(PATIENCE_S)
        return Recording(1)

    def missing() -> Recording:
        raise SourceError("/dev/video7", "there is no such device")

    def started(index: int, mode: str) -> None:
        assert TWO_GATES[index].name not in gates_with(setup, Event.CAMERA_LOST)
        told.append((index, mode))

    for opens, sends in ((partial(Recording, 1), "made up"), (missing, "not open"), (hang, "not open yet")):
        told.clear()
        setup.journal.records.clear()
        grabbers = [Grabber(opens, clock, FAST), Grabber(partial(Recording, 1), clock, FAST, is_live=False)]
        LiveLoop(setup.service, grabbers, clock, started).run(lambda: len(told) == 2, lambda: steps.append(len(told)))
        assert sorted(told) == [(0, sends), (1, "made up")]
        if opens is hang:
            is_free.set()
        assert all(grabber.close(30) for grabber in grabbers)
    # No lane waits for the source of another one.
    assert len(steps) > 20
    assert setup.service.lanes[1].counters.frames > 0


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
    setup = SimulatedSetup(*TWO_GATES)
    with loop_of(setup, source, Recording(5)) as loop:
        loop.run(lambda: loop.captured >= 6, lambda: None)
        source.is_free.set()
    assert waits_s == {0.0}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_is_a_fault_of_its_gate_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    step = SourceReader.step

    def die_after_ten_frames(reader: SourceReader) -> float | None:
        if reader.captured == 10:
            raise ZeroDivisionError
        return step(reader)

    monkeypatch.setattr(SourceReader, "step", die_after_ten_frames)
    setup = SimulatedSetup(*TWO_GATES)
    with loop_of(setup, Recording(40), Recording(5)) as loop, setup.service:
        loop.run(never, nothing)
    assert loop.captured == 15
    assert gates_with(setup, Event.FAULT) == ["north"]
    assert gates_with(setup, Event.SOURCE_ENDED) == ["south"]
    assert str(loop.failure) == "source demo: the thread that reads it has died"


def test_two_sources_go_on_until_both_have_ended() -> None:
    setup = SimulatedSetup(*TWO_GATES)
    setup.detectors[0].box = setup.detectors[1].box = HERE
    with loop_of(setup, Recording(5), Recording(30)) as loop:
        loop.run(never, nothing)
    assert loop.captured == 35
    assert gates_with(setup, Event.SOURCE_ENDED) == ["north", "south"]
    assert gates_with(setup, Event.FAULT) == []
    assert loop.failure is None


class Bad(Recording):
    """A recording without a frame that can be decoded."""

    def read(self) -> Frame | None:
        self._number += 1
        if self._number < 4:
            raise UndecodableFrame(self.name, "is damaged")
        return None


class Missing(Recording):
    """A recording that cannot be opened."""

    opening = SourceError("video2", "does not exist")


@pytest.mark.parametrize(
    ("south", "event", "is_failure"),
    [
        pytest.param(Missing(0), Event.CAMERA_LOST, True, id="missing"),
        pytest.param(Recording(0), Event.CAMERA_LOST, True, id="empty"),
        pytest.param(Bad(0), Event.CAMERA_LOST, True, id="bad pictures only"),
        pytest.param(Recording(0, SourceError("", "truncated")), Event.CAMERA_LOST, True, id="without its first frame"),
        pytest.param(Recording(3, SourceError("", "truncated")), Event.CUT_SHORT, False, id="truncated"),
    ],
)
def test_a_recording_that_has_not_played_to_its_end_is_a_fault_of_its_gate_and_the_other_decides(
    south: Recording, event: Event, is_failure: bool
) -> None:
    setup = SimulatedSetup(*TWO_GATES).person_arrives(CORRECT)
    with loop_of(setup, Recording(40), south) as loop, setup.service:
        loop.run(never, nothing)
    assert gates_with(setup, event) == ["south"]
    assert gates_with(setup, Event.FAULT) == ["south"]
    assert gates_with(setup, Event.FAULT_OVER) == []
    assert setup.service.lanes[1].faults == ("no frames",)
    assert gates_with(setup, Event.PERMIT) == ["north"]
    assert (loop.failure is not None) is is_failure


def test_a_camera_that_is_not_there_is_a_fault_at_once_whatever_stale_s_is() -> None:
    patient = FramesSettings(stale_s=60)
    setup = SimulatedSetup(*[replace(lane, frames=patient) for lane in TWO_GATES])

    class Absent(Silent):
        opening = SourceError("/dev/video7", "there is no such device")

    with loop_of(setup, Recording(40), Absent()) as loop, setup.service:
        loop.run(lambda: loop.captured == 40, nothing)
    assert setup.records(Event.FAULT) == [("fault", {"reason": "no frames"})]
    assert gates_with(setup, Event.FAULT) == ["south"]
    assert loop.failure is None


def test_a_source_whose_opening_hangs_is_a_fault_within_ten_seconds_whatever_stale_s_is() -> None:
    clock, is_free = ManualClock(50.0), threading.Event()
    setup = SimulatedSetup(LaneSettings(frames=FramesSettings(stale_s=60)), clock=clock)
    faults: list[tuple[str, ...]] = []

    def hang() -> Recording:
        is_free.wait(PATIENCE_S)
        raise SourceError("clip.avi", "is gone")

    def on_step() -> None:
        faults.append(setup.service.lanes[0].faults)
        clock.advance_to(59.9 if len(faults) == 1 else 60.1)

    grabber = Grabber(hang, clock, FAST)
    LiveLoop(setup.service, [grabber], clock).run(lambda: len(faults) == 3, on_step)
    is_free.set()
    assert grabber.close(30)
    assert faults == [(), (), ("no frames",)]


def test_a_source_that_hangs_may_do_so_while_another_gate_works(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = SimulatedSetup(*TWO_GATES)
    north, south = setup.service.lanes
    with loop_of(setup, Recording(1), Recording(1)) as loop:
        monkeypatch.setattr(Grabber, "busy_s", lambda grabber: STUCK_S + 1)
        assert [stage.may_hang for stage in loop.stages()[:2]] == [False, False]
        busy_s = cycle([0.0, STUCK_S + 1])
        monkeypatch.setattr(Grabber, "busy_s", lambda _: next(busy_s))
        assert [stage.may_hang for stage in loop.stages()[:2]] == [True, True]
        south.set_fault(FaultReason.NO_FRAMES, active=True)
        assert loop.stages()[1].may_hang
        north.set_fault(FaultReason.NO_FRAMES, active=True)
        assert not loop.stages()[1].may_hang
        north.set_fault(FaultReason.NO_FRAMES, active=False)
        north.source_end = SourceEventKind.ENDED
        assert not loop.stages()[1].may_hang
        assert not any(stage.may_hang for stage in loop.stages()[2:])


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


def test_a_loop_that_sleeps_takes_few_frames_of_its_source_and_still_ends_with_it() -> None:
    service = ServiceSettings(mode=Mode.LOW_POWER, sleep_after_s=0.1, sleep_rate_hz=5.0)
    setup = SimulatedSetup(service=service)
    with loop_of(setup, Recording(100)) as loop:
        loop.run(never, nothing)
        (grabber,) = loop._grabbers
    assert "asleep" in setup.event_names
    assert loop.captured == setup.service.lanes[0].counters.frames + loop.dropped == 100
    assert grabber._reader.left_out > 0, "frames between two that it takes; others can be dropped on a busy machine"
