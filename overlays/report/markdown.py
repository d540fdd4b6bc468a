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
    cells = []
    for index, row in enumerate(report.confusion.tolist()):
        right, count = row[index], sum(row)
        if not count:
            cells.append("-")
            continue
        low, high = wilson_interval(right, count)
        cells.append(f"{right}/{count} = {right / count:.3f} ({low:.3f}-{high:.3f})")
    return cells


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


def gap(largest: Gap) -> list[str]:
    """Cells: size of the gap in points, its two groups, and the gap between random groups."""
    size = f"{100 * largest.gap:.1f} ({100 * largest.low:.1f} to {100 * largest.high:.1f})"
    return [size, f"{largest.best}, {largest.worst}", f"{100 * largest.chance:.1f}"]


def groups(counts: GroupCounts, found: list[Gap], order: Sequence[str] = ()) -> list[str]:
    """A table of recalls by group with 95 % intervals, and the gaps below it. order: which groups come first."""
    people, crops = counts.identities, counts.of.sum(axis=(0, 2))
    known = [at for at in range(len(counts.names)) if people[at] >= MIN_SHOWN]
    if not known:
        return [f"No group has {MIN_SHOWN} people."]
    positions = {name: position for position, name in enumerate(order)}
    recalls, (low, high) = counts.recalls, intervals(counts)
    rows = [
        [
            counts.names[at] if counts.comparable[at] else f"({counts.names[at]})",
            str(people[at]),
            str(crops[at]),
            *(_with_interval(*values) for values in zip(recalls[at], low[at], high[at])),
        ]
        for at in sorted(known, key=lambda at: positions.get(counts.names[at], len(positions)))
    ]
    for title, cells in zip(("**largest gap**", "between", "random groups"), zip(*map(gap, found))):
        rows.append([title, "", "", *cells])
    return table(["", "people", "crops", *LABELS, "mean"], rows)


def _with_interval(value: float, low: float, high: float) -> str:
    if np.isnan(value):
        return "-"
    return f"{value:.3f}" if np.isnan(low) else f"{value:.3f} ({low:.3f}-{high:.3f})"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"
