"""The perception in the loop's thread, and in one of its own."""

import threading
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from binarycop.clock import ManualClock
from binarycop.errors import DetectorError
from binarycop.frames.base import Frame
from binarycop.service.perception import Sighting
from binarycop.service.perception_runner import SyncPerception, ThreadPerception
from tests.patience import PATIENCE_S

FRAME = {0: Frame(np.zeros((8, 8, 3), np.uint8), 1.0, 0)}


class FakePerception:
    """Sees person 7 in each step. ``before`` is called first, in the thread of the step."""

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        self._before = before
        self.threads: list[str] = []

    def step(self, frames: Mapping[int, Frame], now_s: float) -> list[Sighting]:
        self.threads.append(threading.current_thread().name)
        self._before()
        return [Sighting(person=7)]


def thread_of(perception: FakePerception, clock: ManualClock | None = None) -> ThreadPerception:
    return ThreadPerception(perception, clock or ManualClock())  # type: ignore[arg-type]


def test_without_a_thread_the_result_is_there_at_once() -> None:
    runner = SyncPerception(FakePerception())  # type: ignore[arg-type]
    runner.submit(FRAME, 1.0)
    assert not runner.is_idle
    with pytest.raises(RuntimeError, match="has not been taken"):
        runner.submit(FRAME, 2.0)
    assert runner.take(0.0) == [Sighting(person=7)]
    assert (runner.is_idle, runner.take(0.0), runner.busy_s()) == (True, None, 0.0)


def test_a_step_in_a_thread_does_not_hold_up_its_caller() -> None:
    may_end, clock = threading.Event(), ManualClock(10.0)
    perception = FakePerception(lambda: may_end.wait(PATIENCE_S))
    runner = thread_of(perception, clock)
    runner.submit(FRAME, 10.0)
    assert runner.take(0.0) is None
    clock.advance_to(14.5)
    assert (runner.is_idle, runner.busy_s()) == (False, 4.5)
    with pytest.raises(RuntimeError, match="has not been taken"):
        runner.submit(FRAME, 14.5)
    may_end.set()
    assert runner.take(30) == [Sighting(person=7)]
    assert (runner.is_idle, runner.busy_s(), perception.threads) == (True, 0.0, ["perception"])
    assert runner.close(3.0)


def test_a_step_without_frames_needs_no_thread() -> None:
    perception = FakePerception()
    runner = thread_of(perception)
    runner.submit({}, 1.0)
    assert runner.take(0.0) == [Sighting(person=7)]
    assert perception.threads == [threading.current_thread().name]
    assert runner.close(0.0)


@pytest.mark.parametrize(("fails", "raised"), [(DetectorError("broke"), DetectorError), (SystemExit(), RuntimeError)])
def test_what_fails_in_the_thread_is_raised_in_the_loop(fails: BaseException, raised: type[Exception]) -> None:
    def fail() -> None:
        raise fails

    runner = thread_of(FakePerception(fail))
    runner.submit(FRAME, 1.0)
    with pytest.raises(raised):
        runner.take(30)
    assert runner.close(3.0)


def test_a_step_that_hangs_is_abandoned() -> None:
    may_end = threading.Event()
    runner = thread_of(FakePerception(lambda: may_end.wait(PATIENCE_S)))
    runner.submit(FRAME, 1.0)
    assert not runner.close(0.0)
    may_end.set()
    assert runner.close(3.0)
