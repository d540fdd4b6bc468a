"""Bars as SVG: one panel for each group, with its own scale from 0."""

from collections.abc import Sequence
from html import escape

from binarycop.benchmarks.figures import Figure
from binarycop.benchmarks.table import number

_WIDTH_PX, _ROW_PX, _LEFT_PX, _RIGHT_PX, _TITLE_PX = 760, 22, 250, 150, 34
_INK, _BAR, _SPREAD = "#20262d", "#7aa7d9", "#0055b3"
_LEGEND_PX = 28


def plot(figures: Sequence[Figure], spread: str, title: str) -> str:
    """Returns the SVG text: a bar up to each median, and a line from ``low`` to ``high``, which ``spread`` names.

    figures: of one quantity, which ``title`` states in words.
    """
    parts = [f'<text x="12" y="22" font-size="15" font-weight="600">{escape(title)}</text>']
    top_px = _TITLE_PX
    groups = list(dict.fromkeys(figure.group for figure in figures))
    for group in groups:
        of_group = [figure for figure in figures if figure.group == group]
        if len(groups) > 1:
            parts.append(f'<text x="12" y="{top_px + 22}" font-weight="600">{escape(group)}</text>')
            top_px += _TITLE_PX
        most = max(*(figure.high for figure in of_group), 1e-9)
        for figure in of_group:
            parts += _bar(figure, top_px, (_WIDTH_PX - _LEFT_PX - _RIGHT_PX) / most)
            top_px += _ROW_PX
    legend = "Bar: median"
    if any(figure.low < figure.high for figure in figures):
        legend += f"; line: {spread}"
    if len(groups) > 1:
        legend += ". Each group has a scale of its own, from 0"
    parts.append(f'<text x="12" y="{top_px + 20}" font-size="12">{escape(legend)}</text>')
    height_px = top_px + _LEGEND_PX
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH_PX}" height="{height_px}" '
            f'viewBox="0 0 {_WIDTH_PX} {height_px}" font-family="sans-serif" font-size="13" fill="{_INK}">',
            f"<title>{escape(title)}</title>",
            '<rect width="100%" height="100%" fill="white"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _bar(figure: Figure, top_px: int, px_per_unit: float) -> list[str]:
    value_px, low_px, high_px = (_LEFT_PX + px_per_unit * value for value in (figure.value, figure.low, figure.high))
    middle_px = top_px + _ROW_PX // 2
    label = f"{number(figure.value)} {figure.unit}".strip()
    return [
        f'<text x="{_LEFT_PX - 8}" y="{middle_px + 5}" text-anchor="end">{escape(figure.case)}</text>',
        f'<rect x="{_LEFT_PX}" y="{top_px + 3}" width="{value_px - _LEFT_PX:.1f}" height="{_ROW_PX - 6}" '
        f'fill="{_BAR}"/>',
        f'<path d="M{low_px:.1f} {middle_px}H{high_px:.1f}" stroke="{_SPREAD}" stroke-width="2"/>',
        f'<text x="{max(high_px, value_px) + 8:.1f}" y="{middle_px + 5}">{escape(label)}</text>',
    ]
