"""A fake source and its small pictures."""

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from binarycop.frames.base import Frame


def picture(value: int) -> NDArray[np.uint8]:
    """A small picture, different for each value."""
    return np.full((24, 32, 3), value, np.uint8)


def frame(value: int, captured_s: float = 0.0) -> Frame:
    """A frame of that picture, numbered by the same value."""
    return Frame(picture(value), captured_s, value)


class ListedSource:
    """Gives or raises one item of a list after another, then None."""

    name, mode = "listed", "from a list"

    def __init__(self, items: Sequence[Frame | BaseException | None], *, is_live: bool) -> None:
        self.is_live = is_live
        self._items = list(items)
        self.times_closed = self.times_dropped = 0
        self.closed = threading.Event()

    def read(self) -> Frame | None:
        item = self._items.pop(0) if self._items else None
        if isinstance(item, BaseException):
            raise item
        return item

    def drop_waiting(self) -> None:
        self.times_dropped += 1

    def close(self) -> None:
        self.times_closed += 1
        self.closed.set()
