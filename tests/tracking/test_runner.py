"""Asking the finder at once, or in a thread of its own."""

import threading
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.errors import DetectorError
from binarycop.geometry import Box
from binarycop.tracking.runner import DetectorRunner, SyncRunner, ThreadRunner

PIXELS = np.zeros((12, 16, 3), np.uint8)
FACE = Face(Box(1, 2, 3, 4), 0.9)


@dataclass
class Held:
    """A finder that answers once it is let; it says when it was done."""

    fails: Exception | None = None
    may: threading.Event = field(default_factory=threading.Event)
    name: str = "held"

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        self.may.wait(30)
        if self.fails:
            raise self.fails
        return [FACE]


def answer_of(seeker: DetectorRunner) -> list[Face] | None:
    """The answer that is under way, however long the thread takes."""
    for _ in range(100_000):
        if seeker.is_done:
            break
        threading.Event().wait(0.0005)
    return seeker.poll()


def let(finder: Held) -> Held:
    finder.may.set()
    return finder


def test_inline_the_answer_is_there_at_once_and_once() -> None:
    seeker = SyncRunner(let(Held()))
    assert (seeker.is_done, seeker.poll()) == (False, None)
    seeker.submit(PIXELS)
    assert seeker.is_done
    assert seeker.poll() == [FACE]
    assert seeker.poll() is None
    assert seeker.close(0)


def test_in_a_thread_the_loop_goes_on_until_the_answer_is_there() -> None:
    finder = Held()
    seeker = ThreadRunner(finder)
    seeker.submit(PIXELS)
    assert (seeker.is_done, seeker.poll()) == (False, None)
    let(finder)
    assert answer_of(seeker) == [FACE]
    assert seeker.poll() is None
    seeker.submit(PIXELS)
    assert answer_of(seeker) == [FACE]
    assert seeker.close(30)
    assert seeker.close(30)


@pytest.mark.parametrize("kind", [SyncRunner, ThreadRunner])
def test_there_is_one_question_at_a_time(kind: type[SyncRunner] | type[ThreadRunner]) -> None:
    seeker = kind(let(Held()))
    seeker.submit(PIXELS)
    with pytest.raises(RuntimeError, match="not taken yet"):
        seeker.submit(PIXELS)
    assert seeker.close(30)


def test_what_fails_in_the_thread_is_raised_in_the_loop_and_the_thread_ends() -> None:
    seeker = ThreadRunner(let(Held(fails=DetectorError("broke"))))
    seeker.submit(PIXELS)
    with pytest.raises(DetectorError, match="broke"):
        answer_of(seeker)
    assert seeker.close(30)


def test_a_finder_that_hangs_is_left_behind() -> None:
    finder = Held()
    seeker = ThreadRunner(finder)
    seeker.submit(PIXELS)
    assert not seeker.close(0.01)
    let(finder)
    assert seeker.close(30)


def test_a_thread_that_was_never_asked_is_none() -> None:
    before = threading.active_count()
    assert ThreadRunner(Held()).close(0)
    assert threading.active_count() == before
