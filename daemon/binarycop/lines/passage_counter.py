"""Counts the passages that an input reports, on the pin factory's thread."""

import threading
from typing import Protocol, runtime_checkable

from gpiozero.pins import Pin


@runtime_checkable
class CountsLostEdges(Protocol):
    """A pin that knows how many of its edges were lost."""

    @property
    def edges_lost(self) -> int:
        """The number of lost edges since the line was opened."""


class PassageCounter:
    """Counts rising edges, as a short pulse may begin and end between two reads.

    ``add`` runs on the pin factory's thread. The lane's thread takes and resets the counts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._edges_lost = 0

    def add(self) -> None:
        """One passage."""
        with self._lock:
            self._count += 1

    def take(self) -> int:
        """The number of passages since the last call."""
        with self._lock:
            count, self._count = self._count, 0
            return count

    def take_lost(self, pin: Pin) -> int:
        """How many passages of this pin were lost at most since the last call: two edges are one passage."""
        if not isinstance(pin, CountsLostEdges):
            return 0
        total = pin.edges_lost
        lost, self._edges_lost = total - self._edges_lost, total
        return (lost + 1) // 2
