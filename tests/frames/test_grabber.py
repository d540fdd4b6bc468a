"""The grabber's thread. The tests wait for events and never sleep."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from binarycop.clock import ManualClock
from binarycop.errors import SourceError
from binarycop.frames.base import Frame, Source
from binarycop.frames.grabber import Grabber
from binarycop.frames.source_event import SourceEvent, SourceEventKind
from binarycop.frames.source_reader import GrabberSettings, SourceReader
from tests.frames.fakes import ListedSource, frame
from tests.patience import PATIENCE_S

SETTINGS = GrabberSettings(stale_s=2.0, frozen_s=5.0)


class GatedSource:
    """A live source that gives a frame each time the test permits it, and blocks in ``read`` otherwise."""

    name = "gated"
    is_live = True
    mode = "made up"

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._permits = threading.Semaphore(0)
        self._asked = threading.Semaphore(0)
        self._given = 0
        self.closed = threading.Event()
        self.fails = False
        self.age_s = 0.0

    def read(self) -> Frame:
        self._asked.release()
        if not self._permits.acquire(timeout=PATIENCE_S):
            raise SourceError(self.name, "the test has not permitted a frame in time")
        if self.fails:
            raise SourceError(self.name, "unplugged")
        self._given += 1
        return frame(self._given, self._clock.now_s() - self.age_s)

    def drop_waiting(self) -> None:
        pass

    def close(self) -> None:
        self.closed.set()

    def give(self, frames: int) -> None:
        """Give this many frames; returns when the grabber has taken all of them and asks for the next."""
        for _ in range(frames):
            self._permits.release()
            assert self._asked.acquire(timeout=PATIENCE_S)

    def wait_until_asked(self) -> None:
        assert self._asked.acquire(timeout=PATIENCE_S)

    def unblock(self) -> None:
        """Let a blocked read return, without waiting for the next one."""
        self._permits.release()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(50.0)


@pytest.fixture
def source(clock: ManualClock) -> GatedSource:
    return GatedSource(clock)


@contextmanager
def grabbing(source: GatedSource, clock: ManualClock, settings: GrabberSettings = SETTINGS) -> Iterator[Grabber]:
    grabber = Grabber(lambda: source, clock, settings)
    grabber.start()
    source.wait_until_asked()
    yield grabber
    grabber.close(0.0)
    source.unblock()
    assert grabber.close(PATIENCE_S)


def test_only_the_newest_frame_is_taken_and_the_others_are_counted(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber:
        source.give(5)
        taken = grabber.take(PATIENCE_S)
        assert taken is not None
        assert taken.pixels[0, 0, 0] == 5
        assert (grabber.captured, grabber.dropped) == (5, 4)


def test_its_caller_is_notified_of_each_frame_and_of_the_end(source: GatedSource, clock: ManualClock) -> None:
    seen: list[int] = []
    grabber = Grabber(lambda: source, clock, SETTINGS)
    grabber.start(lambda: seen.append(grabber.captured))
    source.wait_until_asked()
    source.give(2)
    assert seen == [1, 2]
    grabber.close(0.0)
    source.unblock()
    assert grabber.close(PATIENCE_S)
    assert seen == [1, 2, 3, 3]


def test_a_frame_is_taken_once(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber:
        source.give(1)
        assert grabber.take(PATIENCE_S) is not None
        assert grabber.take(0.0) is None


def test_take_waits_for_the_next_frame(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber:
        source.unblock()
        assert grabber.take(PATIENCE_S) is not None


def test_while_a_read_hangs_take_times_out_and_the_silence_grows(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber:
        source.give(1)
        grabber.take(PATIENCE_S)
        clock.advance_to(58.0)
        assert grabber.take(0.01) is None
        assert grabber.silent_s() == 8.0
        source.give(1)
        assert grabber.silent_s() == 0.0


def test_busy_s_grows_only_during_a_call_of_the_source(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber:
        clock.advance_to(58.0)
        assert grabber.busy_s() == 8.0
        source.give(1)
        assert grabber.busy_s() == 0.0


def test_a_source_that_is_tried_again_and_again_does_not_count_as_hanging(clock: ManualClock) -> None:
    tried = threading.Semaphore(0)

    def unplugged() -> GatedSource:
        tried.release()
        raise SourceError("0", "no such camera")

    grabber = Grabber(unplugged, clock, replace(SETTINGS, retry_first_s=0.01, retry_max_s=0.01))
    grabber.start()
    for _ in range(5):
        assert tried.acquire(timeout=PATIENCE_S)
        clock.advance_to(clock.now_s() + 100.0)
    assert grabber.close(PATIENCE_S)
    assert grabber.busy_s() == 0.0


def test_before_the_first_frame_silence_counts_from_the_start(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber:
        clock.advance_to(53.5)
        assert grabber.silent_s() == 3.5


def test_a_stale_frame_is_dropped(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock, SETTINGS) as grabber:
        source.give(1)
        clock.advance_to(52.5)
        assert grabber.take(0.0) is None
        assert grabber.dropped == 1


def test_a_frame_of_exactly_stale_s_is_not_dropped(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock, SETTINGS) as grabber:
        source.give(1)
        clock.advance_to(52.0)
        assert grabber.take(0.0) is not None


def test_a_camera_that_gives_only_old_frames_is_silent(source: GatedSource, clock: ManualClock) -> None:
    source.age_s = 2.5
    with grabbing(source, clock, SETTINGS) as grabber:
        for _ in range(30):
            clock.advance_to(clock.now_s() + 0.1)
            source.give(1)
            assert grabber.take(0.0) is None
        assert grabber.dropped == 30
        assert grabber.silent_s() == pytest.approx(2.5)


def test_a_repeated_picture_cannot_be_taken_and_the_silence_grows(clock: ManualClock) -> None:
    repeating = ListedSource([frame(1, 50.0), frame(1, 50.0), frame(1, 50.0)], is_live=True)
    grabber = Grabber(lambda: repeating, clock, SETTINGS)
    grabber.start()
    assert repeating.closed.wait(PATIENCE_S)
    clock.advance_to(52.0)
    assert grabber.take(0.0) is not None
    assert grabber.take(0.0) is None
    assert (grabber.captured, grabber.withheld, grabber.silent_s()) == (3, 2, 2.0)
    assert grabber.close(PATIENCE_S)


def test_close_does_not_wait_for_a_hanging_read_and_returns_false(source: GatedSource, clock: ManualClock) -> None:
    grabber = Grabber(lambda: source, clock, SETTINGS)
    grabber.start()
    source.wait_until_asked()
    assert grabber.close(0.01) is False
    assert not source.closed.is_set()
    source.unblock()
    assert grabber.close(PATIENCE_S) is True
    assert source.closed.is_set()


def test_close_does_not_wait_for_the_next_attempt_at_a_lost_camera(clock: ManualClock) -> None:
    tried = threading.Event()

    def fail() -> Source:
        tried.set()
        raise SourceError("camera", "there is no such device")

    settings = replace(SETTINGS, retry_first_s=10 * PATIENCE_S, retry_max_s=10 * PATIENCE_S)
    grabber = Grabber(fail, clock, settings)
    grabber.start()
    assert tried.wait(PATIENCE_S)
    assert grabber.close(PATIENCE_S) is True
    assert [event.kind for event in grabber.events()] == [SourceEventKind.LOST]


def test_a_lost_camera_comes_back(clock: ManualClock) -> None:
    first, second = GatedSource(clock), GatedSource(clock)
    sources = iter([first, second])
    grabber = Grabber(lambda: next(sources), clock, replace(SETTINGS, retry_first_s=0.0))
    grabber.start()
    first.wait_until_asked()
    first.fails = True
    first.unblock()
    second.wait_until_asked()
    second.give(1)
    assert [event.kind for event in grabber.events()] == [SourceEventKind.LOST, SourceEventKind.BACK]
    assert grabber.take(0.0) is not None
    assert first.closed.is_set()
    assert not grabber.has_ended
    grabber.close(0.0)
    second.unblock()
    assert grabber.close(PATIENCE_S)


def test_each_event_is_returned_once(clock: ManualClock) -> None:
    clip = ListedSource([frame(1), ValueError()], is_live=False)
    grabber = Grabber(lambda: clip, clock, SETTINGS, is_live=False)
    grabber.start()
    assert grabber.take(PATIENCE_S) is not None
    assert grabber.take(PATIENCE_S) is None
    assert [event.kind for event in grabber.events()] == [SourceEventKind.TRUNCATED]
    assert grabber.events() == []


def test_only_the_newest_events_are_kept(clock: ManualClock) -> None:
    losses = iter([ListedSource([frame(number), None], is_live=True) for number in range(20)])
    done = threading.Event()

    def open_next() -> Source:
        source = next(losses, None)
        if source is None:
            done.set()
            raise SourceError("camera", "the last of them")
        return source

    settings = replace(SETTINGS, retry_first_s=0.0, retry_max_s=0.0, max_events=3)
    grabber = Grabber(open_next, clock, settings)
    grabber.start()
    assert done.wait(PATIENCE_S)
    assert grabber.close(PATIENCE_S)
    kinds = [event.kind for event in grabber.events()]
    assert kinds == [SourceEventKind.LOST, SourceEventKind.BACK, SourceEventKind.LOST]


def test_a_recording_has_ended_once_its_last_frame_was_taken(clock: ManualClock) -> None:
    clip = ListedSource([frame(1)], is_live=False)
    grabber = Grabber(lambda: clip, clock, SETTINGS, is_live=False)
    grabber.start()
    assert clip.closed.wait(PATIENCE_S)
    assert grabber.close(PATIENCE_S)
    assert not grabber.has_ended
    assert grabber.take(0.0) is not None
    assert grabber.has_ended
    assert grabber.take(PATIENCE_S) is None
    assert grabber.end is not None
    assert grabber.end.kind is SourceEventKind.ENDED


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_has_lost_its_source(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SourceReader, "step", lambda _: 1 / 0)
    grabber = Grabber(lambda: ListedSource([], is_live=True), clock, SETTINGS)
    grabber.start()
    assert grabber.take(PATIENCE_S) is None
    assert grabber.end == SourceEvent(SourceEventKind.LOST, "the thread that reads it has died", 50.0)
    assert grabber.events() == [grabber.end]
    assert grabber.close(PATIENCE_S)


def test_take_returns_at_once_if_no_frame_can_come(clock: ManualClock) -> None:
    def fail() -> Source:
        raise SourceError("clip.avi", "does not exist")

    grabber = Grabber(fail, clock, SETTINGS, is_live=False)
    grabber.start()
    assert grabber.take(PATIENCE_S) is None
    assert grabber.has_ended
    assert grabber.events()[0].detail == "does not exist"


def test_a_grabber_that_was_never_started_can_be_closed(clock: ManualClock) -> None:
    assert Grabber(lambda: ListedSource([], is_live=True), clock, SETTINGS).close(0.0) is True


def test_starting_twice_is_refused(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber, pytest.raises(RuntimeError):
        grabber.start()


def test_an_interval_that_ends_does_not_wait_for_the_rest_of_itself(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber:
        grabber.set_interval(PATIENCE_S)
        source.unblock()
        assert grabber.take(PATIENCE_S) is not None
        grabber.set_interval(0.0)
        source.wait_until_asked()
        source.give(1)
        assert grabber.captured == 2
