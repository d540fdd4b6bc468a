"""Runs a detector in the caller's thread, or in a thread of its own."""

import threading
import weakref
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.errors import DetectorError
from binarycop.geometry import Box
from binarycop.tracking.runner import DetectorRunner, DetectorThread, SyncRunner, ThreadRunner
from tests.patience import PATIENCE_S

PIXELS = np.zeros((12, 16, 3), np.uint8)
FACE = Face(Box(1, 2, 3, 4), 0.9)


@dataclass
class BlockedDetector:
    """A detector that blocks until ``unblocked`` is set, and then returns one face or raises ``error``."""

    error: Exception | None = None
    unblocked: threading.Event = field(default_factory=threading.Event)
    began: threading.Event = field(default_factory=threading.Event)
    name: str = "blocked"

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        self.began.set()
        self.unblocked.wait(PATIENCE_S)
        if self.error:
            raise self.error
        return [FACE]


def unblocked(detector: BlockedDetector) -> BlockedDetector:
    detector.unblocked.set()
    return detector


def result_of(runner: DetectorRunner) -> list[Face] | None:
    """The result of the running request, however long the thread takes."""
    for _ in range(100_000):
        if runner.is_done:
            break
        threading.Event().wait(0.0005)
    return runner.poll()


def test_a_sync_runner_has_the_result_at_once_and_gives_it_once() -> None:
    runner = SyncRunner(unblocked(BlockedDetector()))
    assert (runner.is_done, runner.poll()) == (False, None)
    runner.submit(PIXELS)
    assert runner.is_done
    assert runner.poll() == [FACE]
    assert runner.poll() is None
    assert runner.close(0)


def test_a_thread_runner_does_not_block_the_loop() -> None:
    detector = BlockedDetector()
    runner = ThreadRunner(detector)
    runner.submit(PIXELS)
    assert (runner.is_done, runner.poll()) == (False, None)
    unblocked(detector)
    assert result_of(runner) == [FACE]
    assert runner.poll() is None
    runner.submit(PIXELS)
    assert result_of(runner) == [FACE]
    assert runner.close(30)
    assert runner.close(30)


@pytest.mark.parametrize("kind", [SyncRunner, ThreadRunner])
def test_a_second_request_before_the_result_is_polled_is_an_error(kind: type[SyncRunner] | type[ThreadRunner]) -> None:
    runner = kind(unblocked(BlockedDetector()))
    runner.submit(PIXELS)
    with pytest.raises(RuntimeError, match="not been polled yet"):
        runner.submit(PIXELS)
    assert runner.close(30)


def test_an_error_in_the_thread_is_raised_by_poll_and_the_thread_ends() -> None:
    runner = ThreadRunner(unblocked(BlockedDetector(error=DetectorError("broke"))))
    runner.submit(PIXELS)
    with pytest.raises(DetectorError, match="broke"):
        result_of(runner)
    assert runner.close(30)


def test_the_thread_of_a_detector_that_hangs_is_abandoned() -> None:
    detector = BlockedDetector()
    runner = ThreadRunner(detector)
    runner.submit(PIXELS)
    assert detector.began.wait(PATIENCE_S)
    assert not runner.close(0.01)
    unblocked(detector)
    assert runner.close(30)


def test_a_thread_runner_without_a_request_has_no_thread() -> None:
    before = threading.active_count()
    assert ThreadRunner(BlockedDetector()).close(0)
    assert threading.active_count() == before


@dataclass
class OrderedDetector:
    """A detector that waits for ``go``, and notes who asked and which thread it runs in."""

    lane: str
    calls: list[tuple[str, int]]
    go: threading.Event
    name: str = "ordered"

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        self.go.wait(PATIENCE_S)
        self.calls.append((self.lane, threading.get_ident()))
        return [FACE]


def test_lanes_that_share_a_thread_take_turns_in_the_order_of_their_requests() -> None:
    thread, calls, go = DetectorThread(), list[tuple[str, int]](), threading.Event()
    runners = {lane: ThreadRunner(OrderedDetector(lane, calls, go), thread) for lane in "abc"}
    for lane in "abc":
        runners[lane].submit(PIXELS)
    assert not any(runner.is_done for runner in runners.values())
    go.set()
    assert [result_of(runners[lane]) for lane in "cab"] == [[FACE]] * 3
    runners["a"].submit(PIXELS)
    assert result_of(runners["a"]) == [FACE]
    assert "".join(lane for lane, _ in calls) == "abca"
    assert len({ident for _, ident in calls}) == 1
    assert thread.close(30)


def test_an_error_of_one_lane_leaves_the_shared_thread_to_the_others() -> None:
    thread = DetectorThread()
    broken = ThreadRunner(unblocked(BlockedDetector(error=DetectorError("broke"))), thread)
    sound = ThreadRunner(unblocked(BlockedDetector()), thread)
    broken.submit(PIXELS)
    with pytest.raises(DetectorError, match="broke"):
        result_of(broken)
    sound.submit(PIXELS)
    assert result_of(sound) == [FACE]
    assert thread.close(30)


def test_requests_that_wait_are_dropped_when_the_shared_thread_is_closed() -> None:
    thread, detector = DetectorThread(), BlockedDetector()
    first, second = ThreadRunner(detector, thread), ThreadRunner(detector, thread)
    first.submit(PIXELS)
    second.submit(PIXELS)
    assert detector.began.wait(PATIENCE_S)
    assert not thread.close(0.01)
    unblocked(detector)
    assert thread.close(30)
    assert result_of(first) == [FACE]
    assert not second.is_done


def test_a_thread_that_waits_keeps_no_frame() -> None:
    runner, pixels = ThreadRunner(unblocked(BlockedDetector())), np.zeros((12, 16, 3), np.uint8)
    frame = weakref.ref(pixels)
    runner.submit(pixels)
    del pixels
    assert result_of(runner) == [FACE]
    for _ in range(100_000):
        if frame() is None:
            break
        threading.Event().wait(0.0005)
    assert frame() is None
    assert runner.close(30)
