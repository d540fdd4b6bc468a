"""How long the newest steps took."""

from collections import deque

import numpy as np

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

    def percentiles(self) -> dict[str, float | None]:
        """``p50``, ``p99`` and ``max`` in milliseconds, or None before the first one."""
        if not self._values_ms:
            return {"p50": None, "p99": None, "max": None}
        p50, p99, most = np.percentile(list(self._values_ms), [50, 99, 100])
        return {"p50": round(float(p50), 3), "p99": round(float(p99), 3), "max": round(float(most), 3)}
