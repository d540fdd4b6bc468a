"""Metrics as Markdown tables."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import LABELS
from overlays.report.calibration import MarginEffect
from overlays.report.groups import MIN_SHOWN, Gap, GroupCounts, intervals
from overlays.training.evaluation import ClassifierMetrics, wilson_interval


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table with the first column aligned left and the others right."""
    rule = ["---", *("---:" for _ in head[1:])]
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]


def recall(report: ClassifierMetrics) -> list[str]:
    """A cell for each class: counts, recall and its Wilson interval; ``-`` without pictures."""
    return [share(row[index], sum(row)) for index, row in enumerate(report.confusion.tolist())]


def confusion(counts: NDArray[np.int64]) -> list[str]:
    """A confusion matrix: rows are true classes, columns predicted ones."""
    rows = [[f"**{label}**", *(str(count) for count in row)] for label, row in zip(LABELS, counts.tolist())]
    return table(["true \\ predicted", *LABELS], rows)


def margin_effects(rows: dict[str, list[MarginEffect]]) -> list[str]:
    """The effects of margins on each set of crops."""
    head = ["crops", "margin", "answered", "wrong among the answered", "not correct, passing", "correct, refused"]
    return table(
        head,
        [
            [
                name,
                str(effect.margin),
                *(_percent(share) for share in (effect.coverage, effect.risk, effect.passing, effect.refused)),
            ]
            for name, effects in rows.items()
            for effect in effects
        ],
    )


def gap(largest: Gap | None) -> list[str]:
    """Cells: size of the gap in points, its two groups, and the gap between random groups; ``-`` without a gap."""
    if largest is None:
        return ["-"] * 3
    size = f"{100 * largest.gap:.1f} ({100 * largest.low:.1f} to {100 * largest.high:.1f})"
    return [size, f"{largest.best}, {largest.worst}", f"{100 * largest.chance:.1f}"]


def share(count: int, of: int) -> str:
    """A count, its share and the Wilson interval; ``-`` of nothing."""
    if not of:
        return "-"
    low, high = wilson_interval(count, of)
    return f"{count}/{of} = {count / of:.3f} ({low:.3f}-{high:.3f})"


def groups(counts: GroupCounts, order: Sequence[str] = ()) -> list[str]:
    """A table of recalls by group. order: which groups come first.

    Intervals of classes are Wilson's, those of the mean come from the bootstrap of the people.
    """
    people, crops = counts.identities, counts.of.sum(axis=(0, 2))
    known = [at for at in range(len(counts.names)) if people[at] >= MIN_SHOWN]
    if not known:
        return [f"No group has {MIN_SHOWN} people."]
    positions = {name: position for position, name in enumerate(order)}
    means, (low, high) = counts.recalls[:, -1], intervals(counts)[:, :, -1]
    right, of = counts.right.sum(axis=0), counts.of.sum(axis=0)
    rows = [
        [
            counts.names[at] if counts.comparable[at] else f"({counts.names[at]})",
            str(people[at]),
            str(crops[at]),
            *(_recall(*values) for values in zip(right[at].tolist(), of[at].tolist())),
            f"{means[at]:.3f} ({low[at]:.3f}-{high[at]:.3f})",
            share(int(counts.passing[at]), int(counts.uncovered[at])),
        ]
        for at in sorted(known, key=lambda at: positions.get(counts.names[at], len(positions)))
    ]
    return table(["", "people", "crops", *LABELS, "mean", "uncovered called correct"], rows)


def _recall(right: int, of: int) -> str:
    if not of:
        return "-"
    low, high = wilson_interval(right, of)
    return f"{right / of:.3f} ({low:.3f}-{high:.3f})"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"
