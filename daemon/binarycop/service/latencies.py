"""How long the newest steps took."""

from collections import deque
from collections.abc import Sequence
from itertools import islice

_MAX_COUNT = 10_000


class Latencies:
    """The newest latencies, and their percentiles."""

    def __init__(self) -> None:
        self._values_ms: deque[float] = deque(maxlen=_MAX_COUNT)

    def add(self, latency_s: float) -> None:
        """Add the latency of one frame."""
        self._values_ms.append(latency_s * 1000)

    @property
    def newest_ms(self) -> float | None:
        """The last one, or None before the first one."""
        return self._values_ms[-1] if self._values_ms else None

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._values_ms)

    def percentiles(self, newest: int = _MAX_COUNT) -> dict[str, float | None]:
        """``p50``, ``p99`` and ``max`` of the newest ones in milliseconds, or None before the first one."""
        if not self._values_ms:
            return {"p50": None, "p99": None, "max": None}
        ordered = sorted(islice(reversed(self._values_ms), newest))
        return {name: round(_at(ordered, share), 3) for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))}


def _at(ordered: Sequence[float], share: float) -> float:
    """The value at this share of a sorted list, interpolated; numpy's function would import much more."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
