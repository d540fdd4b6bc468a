"""The grabber's thread: held to by events, never by sleeping."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from binarycop.clock import ManualClock
from binarycop.errors import SourceError
from binarycop.frames.base import Frame, Source
from binarycop.frames.grabber import Grabber, GrabberSettings, SourceEventKind
from tests.frames.fakes import ListedSource, frame

DEADLINE_S = 30.0  # only ever reached by a test that fails


class GatedSource:
    """A live source that gives a frame each time it is let, and hangs in read otherwise."""

    name = "gated"
    is_live = True

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._permits = threading.Semaphore(0)
        self._asked = threading.Semaphore(0)
        self._given = 0
        self.closed = threading.Event()
        self.fails = False

    def read(self) -> Frame:
        self._asked.release()
        if not self._permits.acquire(timeout=DEADLINE_S):
            raise SourceError(self.name, "the test forgot it")
        if self.fails:
            raise SourceError(self.name, "unplugged")
        self._given += 1
        return frame(self._given, self._clock.now_s())

    def close(self) -> None:
        self.closed.set()

    def let(self, frames: int) -> None:
        """Let it give so many frames; returns when the grabber has passed on all of them and asks for more."""
        for _ in range(frames):
            self._permits.release()
            assert self._asked.acquire(timeout=DEADLINE_S)

    def wait_until_asked(self) -> None:
        assert self._asked.acquire(timeout=DEADLINE_S)

    def let_go(self) -> None:
        """End a hanging read without waiting for the next one."""
        self._permits.release()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(50.0)


@pytest.fixture
def source(clock: ManualClock) -> GatedSource:
    return GatedSource(clock)


@contextmanager
def grabbing(source: GatedSource, clock: ManualClock, settings: GrabberSettings | None = None) -> Iterator[Grabber]:
    grabber = Grabber(lambda: source, clock, settings)
    grabber.start()
    source.wait_until_asked()
    yield grabber
    grabber.close(0.0)
    source.let_go()
    assert grabber.close(DEADLINE_S)


def test_the_newest_frame_wins_and_the_others_are_counted(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber:
        source.let(5)
        taken = grabber.take(DEADLINE_S)
        assert taken is not None
        assert taken.pixels[0, 0, 0] == 5
        assert (grabber.captured, grabber.dropped) == (5, 4)


def test_a_frame_is_taken_once(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber:
        source.let(1)
        assert grabber.take(DEADLINE_S) is not None
        assert grabber.take(0.0) is None


def test_taking_waits_for_the_next_frame(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber:
        source.let_go()
        assert grabber.take(DEADLINE_S) is not None


def test_a_hanging_read_only_makes_taking_time_out_and_the_silence_grow(
    source: GatedSource, clock: ManualClock
) -> None:
    with grabbing(source, clock) as grabber:
        source.let(1)
        grabber.take(DEADLINE_S)
        clock.advance_to(58.0)
        assert grabber.take(0.01) is None
        assert grabber.silent_s() == 8.0
        source.let(1)
        assert grabber.silent_s() == 0.0


def test_a_hanging_read_is_told_from_a_source_that_waits(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber:
        clock.advance_to(58.0)
        assert grabber.busy_s() == 8.0
        source.let(1)
        assert grabber.busy_s() == 0.0


def test_a_source_that_is_tried_again_and_again_does_not_hang(clock: ManualClock) -> None:
    tried = threading.Semaphore(0)

    def unplugged() -> GatedSource:
        tried.release()
        raise SourceError("0", "no such camera")

    grabber = Grabber(unplugged, clock, GrabberSettings(retry_first_s=0.01, retry_most_s=0.01))
    grabber.start()
    for _ in range(5):
        assert tried.acquire(timeout=DEADLINE_S)
        clock.advance_to(clock.now_s() + 100.0)
    assert grabber.close(DEADLINE_S)
    assert grabber.busy_s() == 0.0


def test_silence_is_counted_from_the_start_before_the_first_frame(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber:
        clock.advance_to(53.5)
        assert grabber.silent_s() == 3.5


def test_a_stale_frame_is_dropped_and_not_handed_out(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock, GrabberSettings(stale_s=2.0)) as grabber:
        source.let(1)
        clock.advance_to(52.5)
        assert grabber.take(0.0) is None
        assert grabber.dropped == 1


def test_a_frame_just_young_enough_is_handed_out(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock, GrabberSettings(stale_s=2.0)) as grabber:
        source.let(1)
        clock.advance_to(52.0)
        assert grabber.take(0.0) is not None


def test_a_hanging_read_does_not_hold_up_closing_and_closing_says_so(source: GatedSource, clock: ManualClock) -> None:
    grabber = Grabber(lambda: source, clock)
    grabber.start()
    source.wait_until_asked()
    assert grabber.close(0.01) is False
    assert not source.closed.is_set()
    source.let_go()
    assert grabber.close(DEADLINE_S) is True
    assert source.closed.is_set()


def test_closing_does_not_wait_for_the_next_try_at_a_lost_camera(clock: ManualClock) -> None:
    tried = threading.Event()

    def fail() -> Source:
        tried.set()
        raise SourceError("camera", "there is no such device")

    settings = GrabberSettings(retry_first_s=10 * DEADLINE_S, retry_most_s=10 * DEADLINE_S)
    grabber = Grabber(fail, clock, settings)
    grabber.start()
    assert tried.wait(DEADLINE_S)
    assert grabber.close(DEADLINE_S) is True
    assert [notice.kind for notice in grabber.notices()] == [SourceEventKind.LOST]


def test_a_lost_camera_comes_back(clock: ManualClock) -> None:
    first, second = GatedSource(clock), GatedSource(clock)
    sources = iter([first, second])
    grabber = Grabber(lambda: next(sources), clock, GrabberSettings(retry_first_s=0.0))
    grabber.start()
    first.wait_until_asked()
    first.fails = True
    first.let_go()
    second.wait_until_asked()
    second.let(1)
    assert [notice.kind for notice in grabber.notices()] == [SourceEventKind.LOST, SourceEventKind.BACK]
    assert grabber.take(0.0) is not None
    assert first.closed.is_set()
    assert not grabber.has_ended
    grabber.close(0.0)
    second.let_go()
    assert grabber.close(DEADLINE_S)


def test_notices_are_told_once(clock: ManualClock) -> None:
    clip = ListedSource([frame(1), ValueError()], is_live=False)
    grabber = Grabber(lambda: clip, clock, is_live=False)
    grabber.start()
    assert grabber.take(DEADLINE_S) is not None
    assert grabber.take(DEADLINE_S) is None
    assert [notice.kind for notice in grabber.notices()] == [SourceEventKind.TRUNCATED]
    assert grabber.notices() == []


def test_a_flood_of_notices_keeps_the_newest(clock: ManualClock) -> None:
    losses = iter([ListedSource([frame(number), None], is_live=True) for number in range(20)])
    done = threading.Event()

    def open_next() -> Source:
        following = next(losses, None)
        if following is None:
            done.set()
            raise SourceError("camera", "the last of them")
        return following

    settings = GrabberSettings(retry_first_s=0.0, retry_most_s=0.0, notices_most=3)
    grabber = Grabber(open_next, clock, settings)
    grabber.start()
    assert done.wait(DEADLINE_S)
    assert grabber.close(DEADLINE_S)
    kinds = [notice.kind for notice in grabber.notices()]
    assert kinds == [SourceEventKind.LOST, SourceEventKind.BACK, SourceEventKind.LOST]


def test_a_recording_has_ended_only_when_its_last_frame_was_taken(clock: ManualClock) -> None:
    clip = ListedSource([frame(1)], is_live=False)
    grabber = Grabber(lambda: clip, clock, is_live=False)
    grabber.start()
    assert clip.closed.wait(DEADLINE_S)
    assert grabber.close(DEADLINE_S)
    assert not grabber.has_ended
    assert grabber.take(0.0) is not None
    assert grabber.has_ended
    assert grabber.take(DEADLINE_S) is None


def test_nothing_to_wait_for_is_known_at_once(clock: ManualClock) -> None:
    def fail() -> Source:
        raise SourceError("clip.avi", "does not exist")

    grabber = Grabber(fail, clock, is_live=False)
    grabber.start()
    assert grabber.take(DEADLINE_S) is None
    assert grabber.has_ended
    assert grabber.notices()[0].detail == "does not exist"


def test_a_grabber_that_was_never_started_closes(clock: ManualClock) -> None:
    assert Grabber(lambda: ListedSource([], is_live=True), clock).close(0.0) is True


def test_starting_twice_is_refused(source: GatedSource, clock: ManualClock) -> None:
    with grabbing(source, clock) as grabber, pytest.raises(RuntimeError):
        grabber.start()
