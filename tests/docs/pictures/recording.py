"""``make run`` in a terminal, as a picture that moves: what the drawn demo prints, in its own time.

The events are those of a replay, which gives the same ones each time, so no latency is shown. Once the terminal is full
it scrolls. A viewer that shows no movement shows the end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from binarycop.cli.console import _painted
from binarycop.cli.terminal import Line, Span, Style, Terminal
from binarycop.frames.demo import RATE_HZ
from tests.cli.tty import Tty
from tests.docs.demo_picture import Moment

COLUMNS, ROWS = 80, 18
_CHARACTER, _ROW, _EDGE, _HEAD = 7.8, 18, 16, 30
_PAPER, _INK, _SOFT = "#1d2329", "#d7dde3", "#8b96a1"
_COLOURS = {Style.OK: "#6fcf8b", Style.WARN: "#e5b45c", Style.FAIL: "#f2766b", Style.DIM: _SOFT}
_PAUSE_S = 4.0  # before it begins again


@dataclass(frozen=True)
class Shown:
    """A line of the terminal, from one time to another; to_s is None if it stays."""

    row: int
    line: Line
    from_s: float
    to_s: float | None = None


def draw(moments: Sequence[Moment]) -> str:
    """The picture of the whole demo."""
    shown = list(_shown(moments))
    steps = _scrolled(shown)
    length_s = len(moments) / RATE_HZ + _PAUSE_S
    width, height = round(COLUMNS * _CHARACTER) + 2 * _EDGE, ROWS * _ROW + _HEAD + _EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="ui-monospace, \'DejaVu Sans Mono\', monospace" font-size="13" fill="{_INK}">',
        "  <title>make run in a terminal: four drawn people, what the gate decides of each, and why</title>",
        f'  <rect width="{width}" height="{height}" rx="10" fill="{_PAPER}"/>',
        *(f'  <circle cx="{_EDGE + 6 + 18 * dot}" cy="15" r="5" fill="#4a545e"/>' for dot in range(3)),
        f'  <clipPath id="screen"><rect y="{_HEAD - 2}" width="{width}" height="{ROWS * _ROW}"/></clipPath>',
        f'  <g clip-path="url(#screen)"><g transform="translate(0 {-_ROW * steps[-1][1]})">',
        f"  {_scroll(steps, length_s)}",
        *(f"  {_text(each, length_s)}" for each in shown),
        "  </g></g>",
        "</svg>",
        "",
    ]
    return "\n".join(parts)


def _shown(moments: Sequence[Moment]) -> Iterator[Shown]:
    """The command, the journal's lines below each other, and the live lines below the last of them."""
    terminal = Terminal(Tty(), {"TERM": "xterm", "COLUMNS": str(COLUMNS)})
    yield Shown(0, "$ make run", 0.0)
    row, written = 1, 0
    live: list[tuple[float, int, Line]] = []
    for moment in moments:
        now_s = moment.frame.captured_s
        for entry in moment.lines[len(moment.lines) - (moment.written - written) :]:
            for part in terminal.wrapped(f"gate: {entry}").split("\n"):
                yield Shown(row, part, now_s)
                row += 1
        written = moment.written
        line = _painted(moment.snapshot, len("gate"))
        if not live or live[-1][1:] != (row, line):
            live.append((now_s, row, line))
    for (from_s, at_row, painted), (to_s, _, _) in pairwise(live):
        yield Shown(at_row, painted, from_s, to_s)
    yield Shown(live[-1][1], live[-1][2], live[-1][0])


def _scrolled(shown: Sequence[Shown]) -> list[tuple[float, int]]:
    """How many rows are above the terminal's first one, and since when; the newest row is always in it."""
    steps = [(0.0, 0)]
    for each in sorted(shown, key=lambda one: one.from_s):
        if (rows := each.row + 1 - ROWS) > steps[-1][1]:
            steps = [step for step in steps if step[0] != each.from_s] + [(each.from_s, rows)]
    return steps


def _scroll(steps: Sequence[tuple[float, int]], length_s: float) -> str:
    keys = ";".join(f"{from_s / length_s:.4f}" for from_s, _ in steps)
    values = ";".join(f"0 {-_ROW * rows}" for _, rows in steps)
    return (
        f'<animateTransform attributeName="transform" type="translate" values="{values}" keyTimes="{keys}" '
        f'calcMode="discrete" dur="{length_s:g}s" repeatCount="indefinite"/>'
    )


def _text(shown: Shown, length_s: float) -> str:
    y = _HEAD + _ROW * shown.row + 12
    words = [shown.line] if isinstance(shown.line, (str, Span)) else shown.line
    spans = "".join(
        escape(word, quote=False)
        if isinstance(word, str)
        else f'<tspan fill="{_COLOURS.get(word.style, _INK)}">{escape(word.text, quote=False)}</tspan>'
        for word in words
    )
    times = [0.0, shown.from_s, shown.to_s]
    values = ["hidden", "visible", "hidden"]
    if not shown.from_s:
        times, values = times[1:], values[1:]
    if shown.to_s is None:
        times, values = times[:-1], values[:-1]
    attributes = f'x="{_EDGE}" y="{y}" xml:space="preserve"'
    if len(times) == 1:
        return f"<text {attributes}>{spans}</text>"
    keys = ";".join(f"{(time_s or 0.0) / length_s:.4f}" for time_s in times)
    hidden = "" if shown.to_s is None else ' visibility="hidden"'
    return (
        f'<text {attributes}{hidden}>{spans}<animate attributeName="visibility" values="{";".join(values)}" '
        f'keyTimes="{keys}" calcMode="discrete" dur="{length_s:g}s" repeatCount="indefinite"/></text>'
    )
