"""How far a measurement is, for somebody who waits for it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

OnProgress = Callable[[float], None]
"""Is called with the share that is done: before each step, and with 1 after the last."""

_T = TypeVar("_T")


def silent(_: float) -> None:
    """Nobody waits."""


def steps(items: Iterable[_T], on_progress: OnProgress) -> Iterator[_T]:
    """The items, which take about the same time each."""
    all_items: Sequence[_T] = tuple(items)
    for index, item in enumerate(all_items):
        on_progress(index / len(all_items))
        yield item
    on_progress(1.0)
