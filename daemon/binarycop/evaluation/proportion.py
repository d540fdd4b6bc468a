"""A share of a number of pictures or faces, with the interval in which the true one lies."""

import math
from dataclasses import dataclass

_Z_95 = 1.959964  # the normal distribution's quantile for an interval of 95 %


@dataclass
class Proportion:
    """So many hits of a total."""

    hits: int = 0
    total: int = 0

    @property
    def ratio(self) -> float | None:
        """hits / total; None if the total is 0."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % confidence interval (score interval, Wilson 1927)."""
        if not self.total:
            return 0.0, 1.0
        ratio, count, z2 = self.hits / self.total, self.total, _Z_95**2
        middle = (ratio + z2 / (2 * count)) / (1 + z2 / count)
        half = _Z_95 / (1 + z2 / count) * math.sqrt(ratio * (1 - ratio) / count + z2 / (4 * count**2))
        return max(middle - half, 0.0), min(middle + half, 1.0)
