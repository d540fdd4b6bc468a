"""Figures as Markdown tables."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import LABELS
from overlays.report.calibration import MarginEffect
from overlays.report.groups import LEAST_SHOWN, Gap, GroupCounts, intervals
from overlays.training.evaluation import ClassifierMetrics, wilson_interval


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The first column to the left, the others to the right."""
    rule = ["---", *("---:" for _ in head[1:])]
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]


def recall(report: ClassifierMetrics) -> list[str]:
    """One cell per class: counts, share and Wilson's interval; ``-`` where there was no picture."""
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
    """Rows true, columns called."""
    rows = [[f"**{label}**", *(str(one) for one in row)] for label, row in zip(LABELS, counts.tolist())]
    return table(["true \\ called", *LABELS], rows)


def margin_effects(rows: dict[str, list[MarginEffect]]) -> list[str]:
    """What each margin comes to on each set."""
    head = ["crops", "margin", "answered", "wrong among the answered", "not correct, passing", "correct, refused"]
    return table(
        head,
        [
            [name, str(one.margin), *(_percent(share) for share in (one.coverage, one.risk, one.passing, one.refused))]
            for name, several in rows.items()
            for one in several
        ],
    )


def gap(one: Gap) -> list[str]:
    """How large, between whom, and what chance gives."""
    size = f"{100 * one.gap:.1f} ({100 * one.low:.1f} to {100 * one.high:.1f})"
    return [size, f"{one.best}, {one.worst}", f"{100 * one.chance:.1f}"]


def groups(counts: GroupCounts, found: list[Gap], order: Sequence[str] = ()) -> list[str]:
    """A table by group with 95 % intervals, and the gaps below it. order: of the groups that it names."""
    people, crops = counts.identities, counts.of.sum(axis=(0, 2))
    known = [at for at in range(len(counts.names)) if people[at] >= LEAST_SHOWN]
    if not known:
        return [f"No group has {LEAST_SHOWN} people."]
    places = {name: place for place, name in enumerate(order)}
    recalls, (low, high) = counts.recalls, intervals(counts)
    rows = [
        [
            counts.names[at] if counts.comparable[at] else f"({counts.names[at]})",
            str(people[at]),
            str(crops[at]),
            *(_bounded(*three) for three in zip(recalls[at], low[at], high[at])),
        ]
        for at in sorted(known, key=lambda at: places.get(counts.names[at], len(places)))
    ]
    for title, cells in zip(("**largest gap**", "between", "by lot"), zip(*map(gap, found))):
        rows.append([title, "", "", *cells])
    return table(["", "people", "crops", *LABELS, "mean"], rows)


def _bounded(value: float, low: float, high: float) -> str:
    if np.isnan(value):
        return "-"
    return f"{value:.3f}" if np.isnan(low) else f"{value:.3f} ({low:.3f}-{high:.3f})"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"
