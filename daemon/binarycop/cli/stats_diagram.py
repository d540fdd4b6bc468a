"""The diagrams of stats_page as SVG: a column, or a box of quartiles, for each time, class or gate."""

from collections.abc import Mapping, Sequence
from html import escape

from binarycop.cli.stats_figures import Row
from binarycop.printable import printable

COLOURS = {"permissions": "#2a7f62", "refusals": "#c8553d", "undecided": "#8d99ae"}
"""What a column has, from below to above."""
_BOX = "#6d9dc5"  # the median in it has the colour of the page's words, which are dark or light
_WIDTH_PX, _HEIGHT_PX, _TOP_PX, _LEFT_PX, _BOTTOM_PX = 960, 220, 6, 50, 24
_WIDEST_PX = 80.0  # of a column
_LETTER_PX, _BETWEEN_PX = 7.0, 10.0  # of a label; the page's style gives it 11 px


def columns(rows: Sequence[Row], *, are_times: bool) -> str:
    """A column for each row: permissions, refusals, undecided."""
    most = max((sum(row.counts[name] for name in COLOURS) for row in rows), default=0) or 1
    x, step = float(_LEFT_PX), _step_px(len(rows))
    shapes = []
    for row in rows:
        top, parts = float(_HEIGHT_PX), []
        for name, colour in COLOURS.items():
            height = _HEIGHT_PX * row.counts[name] / most
            top -= height
            parts.append(_rectangle(x, step, top, height, colour))
        counted = ", ".join(f"{name} {row.counts[name]:,}" for name in COLOURS)
        shapes.append(_titled(f"{row.name}: {counted}", parts))
        x += step
    return _svg([row.name for row in rows], most, shapes, are_times=are_times)


def boxes(values: Mapping[str, Sequence[float | None]]) -> str:
    """A box from the first to the third quartile for each time, and the median as a line in it."""
    most = max((quartiles[2] or 0.0 for quartiles in values.values()), default=0.0) or 1.0
    x, step = float(_LEFT_PX), _step_px(len(values))
    shapes = []
    for name, quartiles in values.items():
        low, middle, high = (_HEIGHT_PX * (1 - max(value or 0.0, 0.0) / most) for value in quartiles)
        parts = [_rectangle(x, step, high, low - high, _BOX), _rectangle(x, step, middle - 1, 2, "currentColor")]
        shapes.append(_titled(f"{name}: {', '.join(f'{value or 0:g}' for value in quartiles)}", parts))
        x += step
    return _svg(list(values), most, shapes, are_times=True)


def _step_px(count: int) -> float:
    return (_WIDTH_PX - _LEFT_PX) / max(count, 1)


def _rectangle(x: float, step: float, top: float, height: float, colour: str) -> str:
    width = min(max(step - 1, 0.5), _WIDEST_PX)
    return f'<rect x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _titled(words: str, parts: Sequence[str]) -> str:
    """A browser shows the words where the mouse rests."""
    return f"<g><title>{escape(printable(words))}</title>{''.join(parts)}</g>"


def _svg(names: Sequence[str], most: float, shapes: Sequence[str], *, are_times: bool) -> str:
    axis = (
        f'<text x="{_LEFT_PX - 6}" y="9" text-anchor="end">{most:g}</text>'
        f'<text x="{_LEFT_PX - 6}" y="{_HEIGHT_PX}" text-anchor="end">0</text>'
        f'<path d="M{_LEFT_PX} 0V{_HEIGHT_PX}H{_WIDTH_PX}" fill="none" stroke="currentColor" stroke-opacity="0.5"/>'
    )
    labels = [
        f'<text x="{x:.1f}" y="{_HEIGHT_PX + 16}">{escape(text)}</text>'
        for x, text in _labels([printable(name) for name in names], are_times=are_times)
    ]
    size = f'viewBox="0 {-_TOP_PX} {_WIDTH_PX} {_HEIGHT_PX + _BOTTOM_PX + _TOP_PX}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join([*shapes, axis, *labels])}</svg>'


def _labels(names: Sequence[str], *, are_times: bool) -> list[tuple[float, str]]:
    """Where a label stands, and its words. Of times as many as fit; each class and gate has one, shortened to fit."""
    step = _step_px(len(names))
    if not are_times:
        letters = max(int((step - _BETWEEN_PX) / _LETTER_PX), 1)
        shortened = (name if len(name) <= letters else f"{name[: letters - 1]}…" for name in names)
        return [(_LEFT_PX + index * step, name) for index, name in enumerate(shortened)]
    width = max((len(name) for name in names), default=0) * _LETTER_PX + _BETWEEN_PX
    every = max(-int(-width // step), 1)
    places = [(_LEFT_PX + index * step, name) for index, name in enumerate(names) if index % every == 0]
    return [(x, name) for x, name in places if x + width - _BETWEEN_PX <= _WIDTH_PX]
