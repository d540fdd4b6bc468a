"""Quantiles of a stream in bounded memory, from bins that are wider for larger values.

The method is DDSketch (Masson, Rim, Lee, VLDB 2019).
"""

import math
from functools import lru_cache

RELATIVE_ERROR = 0.01
"""How far a quantile is from the true one at most, as a share of it."""

_GROWTH = math.log((1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR))
_LEAST = 0.05
_MOST = 1e6


class Quantiles:
    """Counts values in bins. A value nearer to zero than 0.05 counts as zero, one beyond a million as a million."""

    def __init__(self) -> None:
        self._bins: dict[int, int] = {}  # of the value's sign, 0 for zero
        self.count = 0

    def add(self, value: float) -> None:
        """Count a value. Raises ValueError if it is not a number."""
        index = _bin_of(value)
        self._bins[index] = self._bins.get(index, 0) + 1
        self.count += 1

    def merge(self, other: "Quantiles") -> None:
        """Count all values of another one too."""
        for index, count in other._bins.items():
            self._bins[index] = self._bins.get(index, 0) + count
        self.count += other.count

    def at(self, share: float) -> float | None:
        """The value that this share of all values does not exceed; None if there is no value."""
        rank = share * (self.count - 1)
        seen = 0
        for index in sorted(self._bins):
            seen += self._bins[index]
            if seen > rank:
                return _middle(index)
        return None

    def __eq__(self, other: object) -> bool:
        """Whether both counted the same values, as far as they can tell."""
        return isinstance(other, Quantiles) and self._bins == other._bins

    __hash__ = None  # type: ignore[assignment]


@lru_cache(maxsize=8192)  # the journal has one digit after the point, so values come again
def _bin_of(value: float) -> int:
    size = abs(value)
    if size < _LEAST:
        return 0
    if not size >= _LEAST:
        raise ValueError("not a number")
    index = math.ceil(math.log(min(size, _MOST) / _LEAST) / _GROWTH) + 1
    return index if value > 0 else -index


def _middle(index: int) -> float:
    """The value that is at most ``RELATIVE_ERROR`` from each value of the bin."""
    if not index:
        return 0.0
    upper = _LEAST * math.exp((abs(index) - 1) * _GROWTH)
    return math.copysign(upper * (1 - RELATIVE_ERROR), index)
