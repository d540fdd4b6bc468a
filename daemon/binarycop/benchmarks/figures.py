"""The shape of every benchmark's result: figures, the parts that they belong to, and a run of parts on one machine."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from binarycop.benchmarks.machine import Machine

FORMAT = 1
PERCENTILES = "10th and 90th percentile"


@dataclass(frozen=True)
class Figure:
    """One quantity of one case.

    group, case: what was measured; the cases of a group compare. quantity: what of it. value: in ``unit``, the median.
    low, high: its spread, which ``Part.spread`` names. samples: how many values there were.
    """

    group: str
    case: str
    quantity: str
    unit: str
    value: float
    low: float
    high: float
    samples: int = 1

    @property
    def key(self) -> tuple[str, str, str]:
        """What the same figure of another run has too."""
        return self.group, self.case, self.quantity


@dataclass(frozen=True)
class Part:
    """The figures of one part.

    reference: the case that the others of its group are divided by; empty if there is none. notes: what was left out,
    and why.
    """

    name: str
    figures: tuple[Figure, ...]
    reference: str = ""
    spread: str = PERCENTILES
    notes: tuple[str, ...] = ()

    def ratio(self, figure: Figure) -> float | None:
        """How many times the reference's value this is; None if there is nothing to divide by."""
        key = figure.group, self.reference, figure.quantity
        values = [other.value for other in self.figures if other.key == key]
        return figure.value / values[0] if values and values[0] else None


@dataclass(frozen=True)
class Report:
    """Parts that were measured in one run."""

    machine: Machine
    parts: tuple[Part, ...]

    @property
    def row(self) -> dict[str, Any]:
        """For JSON; ``read.report`` reads it again."""
        parts = {part.name: asdict(part) for part in self.parts}
        return {"format": FORMAT, "machine": self.machine.row, "parts": parts}


def summary(group: str, case: str, quantity: str, unit: str, values: Sequence[float]) -> Figure:
    """The median with the 10th and the 90th percentile. Raises ValueError if there is no value."""
    if not values:
        raise ValueError(f"{quantity} of {case} has no value")
    low, high = np.percentile(values, [10, 90])
    return Figure(group, case, quantity, unit, statistics.median(values), float(low), float(high), len(values))


def single(group: str, case: str, quantity: str, unit: str, value: float) -> Figure:
    """A figure without a spread: a count, or the largest of many values."""
    return Figure(group, case, quantity, unit, value, value, value)
