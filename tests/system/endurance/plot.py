"""Line charts as SVG: one panel for each series, with its unit and its own range from 0.

python -m tests.system.endurance.plot work/soak/soak.csv docs/endurance.svg      draws a finished run again
"""

import argparse
import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_WIDTH_PX, _HEIGHT_PX, _LEFT_PX, _RIGHT_PX, _GAP_PX, _HEAD_PX = 760, 80, 92, 16, 50, 30
_INK, _LINE, _GRID = "#20262d", "#0055b3", "#c9d0d6"


@dataclass(frozen=True)
class Panel:
    """What a series shows, in words. unit: of its values; empty for a count."""

    title: str
    unit: str = ""


TITLE = "Soak test: does anything grow from session to session?"
CAPTION = "a session is 10,000 frames with a service of its own and random faults"
# The columns of soak.csv that are drawn, from top to bottom.
PANELS = {
    "p50_ms": Panel("Latency of a step with scores: median", "ms"),
    "p99_ms": Panel("Latency of a step with scores: 99th percentile", "ms"),
    "rss_mb": Panel("Memory of the process (resident), after the session", "MB"),
    "descriptors": Panel("Open file descriptors, after the session"),
    "threads": Panel("Threads, after the session"),
    "permits": Panel("Permissions given"),
    "without_scores": Panel("Frames with a face but without scores, during faults of the overlay"),
    "dropped": Panel("Frames that a newer one replaced before they were processed"),
}


def plot(series: Mapping[str, Sequence[float]], title: str, caption: str, panels: Mapping[str, Panel] = PANELS) -> str:
    """Returns the SVG text. caption: what a session is, one step of the x axis. ValueError if a series is empty."""
    parts = [f'<text x="{_LEFT_PX}" y="26" font-size="15" font-weight="600">{title}</text>']
    for row, (name, values) in enumerate(series.items()):
        if not values:
            raise ValueError(f"the series {name} is empty")
        parts += _panel(panels.get(name, Panel(name)), values, row * (_HEIGHT_PX + _GAP_PX) + _HEAD_PX + _GAP_PX)
    height_px = len(series) * (_HEIGHT_PX + _GAP_PX) + _HEAD_PX + _GAP_PX
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH_PX}" height="{height_px}" '
            f'viewBox="0 0 {_WIDTH_PX} {height_px}" font-family="sans-serif" font-size="13" fill="{_INK}">',
            f"<title>{title}</title>",
            '<rect width="100%" height="100%" fill="white"/>',
            *parts,
            f'<text x="{_LEFT_PX}" y="{height_px - 10}">{caption}</text>',
            "</svg>",
            "",
        ]
    )


def _panel(panel: Panel, values: Sequence[float], top_px: int) -> list[str]:
    right_px, bottom_px, limit = _WIDTH_PX - _RIGHT_PX, top_px + _HEIGHT_PX, max(*values, 1e-9)
    step_px = (right_px - _LEFT_PX) / max(len(values) - 1, 1)
    points = " ".join(
        f"{_LEFT_PX + step_px * index:.1f},{bottom_px - _HEIGHT_PX * value / limit:.1f}"
        for index, value in enumerate(values)
    )
    unit = f" {panel.unit}" if panel.unit else ""
    return [
        f'<text x="{_LEFT_PX}" y="{top_px - 8}" font-weight="600">{panel.title}</text>',
        f'<text x="{right_px}" y="{top_px - 8}" text-anchor="end" fill="{_LINE}">last: {values[-1]:g}{unit}</text>',
        f'<path d="M{_LEFT_PX} {top_px}H{right_px}M{_LEFT_PX} {bottom_px}H{right_px}" stroke="{_GRID}"/>',
        f'<text x="{_LEFT_PX - 8}" y="{top_px + 5}" text-anchor="end">{max(values):g}{unit}</text>',
        f'<text x="{_LEFT_PX - 8}" y="{bottom_px + 5}" text-anchor="end">0</text>',
        f'<text x="{_LEFT_PX}" y="{bottom_px + 16}" font-size="12">session 1</text>',
        f'<text x="{right_px}" y="{bottom_px + 16}" font-size="12" text-anchor="end">session {len(values)}</text>',
        f'<polyline points="{points}" fill="none" stroke="{_LINE}" stroke-width="1.5"/>',
    ]


def plot_rows(rows: Sequence[Mapping[str, float | str]]) -> str:
    """Returns the SVG text of a run's rows, which are those of soak.csv."""
    return plot({name: [float(row[name]) for row in rows] for name in PANELS}, TITLE, CAPTION)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the CSV of a run again; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path)
    parser.add_argument("svg", type=Path)
    options = parser.parse_args(arguments)
    with options.csv.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    options.svg.write_text(plot_rows(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
