"""Asking the finder at once, or in a thread of its own."""

import threading
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.errors import FinderError
from binarycop.faces.box import Box, Face
from binarycop.faces.seeker import Inline, InThread, Seeker

PIXELS = np.zeros((12, 16, 3), np.uint8)
FACE = Face(Box(1, 2, 3, 4), 0.9)


@dataclass
class Held:
    """A finder that answers once it is let; it says when it was done."""

    fails: Exception | None = None
    may: threading.Event = field(default_factory=threading.Event)
    name: str = "held"

    def find(self, pixels: NDArray[np.uint8]) -> list[Face]:
        self.may.wait(30)
        if self.fails:
            raise self.fails
        return [FACE]


def answer_of(seeker: Seeker) -> list[Face] | None:
    """The answer that is under way, however long the thread takes."""
    for _ in range(100_000):
        if seeker.has_answer:
            break
        threading.Event().wait(0.0005)
    return seeker.answer()


def let(finder: Held) -> Held:
    finder.may.set()
    return finder


def test_inline_the_answer_is_there_at_once_and_once() -> None:
    seeker = Inline(let(Held()))
    assert (seeker.has_answer, seeker.answer()) == (False, None)
    seeker.ask(PIXELS)
    assert seeker.has_answer
    assert seeker.answer() == [FACE]
    assert seeker.answer() is None
    assert seeker.close(0)


def test_in_a_thread_the_loop_goes_on_until_the_answer_is_there() -> None:
    finder = Held()
    seeker = InThread(finder)
    seeker.ask(PIXELS)
    assert (seeker.has_answer, seeker.answer()) == (False, None)
    let(finder)
    assert answer_of(seeker) == [FACE]
    assert seeker.answer() is None
    seeker.ask(PIXELS)
    assert answer_of(seeker) == [FACE]
    assert seeker.close(30)
    assert seeker.close(30)


@pytest.mark.parametrize("kind", [Inline, InThread])
def test_there_is_one_question_at_a_time(kind: type[Inline] | type[InThread]) -> None:
    seeker = kind(let(Held()))
    seeker.ask(PIXELS)
    with pytest.raises(RuntimeError, match="not taken yet"):
        seeker.ask(PIXELS)
    assert seeker.close(30)


def test_what_fails_in_the_thread_is_raised_in_the_loop_and_the_thread_ends() -> None:
    seeker = InThread(let(Held(fails=FinderError("broke"))))
    seeker.ask(PIXELS)
    with pytest.raises(FinderError, match="broke"):
        answer_of(seeker)
    assert seeker.close(30)


def test_a_finder_that_hangs_is_left_behind() -> None:
    finder = Held()
    seeker = InThread(finder)
    seeker.ask(PIXELS)
    assert not seeker.close(0.01)
    let(finder)
    assert seeker.close(30)


def test_a_thread_that_was_never_asked_is_none() -> None:
    before = threading.active_count()
    assert InThread(Held()).close(0)
    assert threading.active_count() == before
