"""The figures of ``binarycop stats`` as one page of HTML with drawn diagrams. It loads nothing and has no program."""

from collections.abc import Mapping, Sequence
from html import escape

from binarycop.cli.stats_figures import Report, Row
from binarycop.journal.statistics import By
from binarycop.printable import printable

_STYLE = (
    "body{font:15px sans-serif;margin:2em auto;max-width:60em;color:#222}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .7em;text-align:right;border-bottom:1px solid #ddd}"
    "td:first-child,th:first-child{text-align:left}svg{width:100%;height:auto}text{font:11px sans-serif;fill:#555}"
)
_COLOURS = {"permissions": "#2a7f62", "refusals": "#c8553d", "undecided": "#8d99ae"}
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 960, 220, 50, 24
_MOST_LABELS = 12


def page(report: Report) -> str:
    """The whole page."""
    parts = [
        _h("What the gates did"),
        f"<p>{report.events:,} events of the gates' own journal.</p>",
        _totals(report),
        _h(f"Decisions by {report.by.value}"),
        _legend(),
        _stacked(report.rows),
    ]
    if report.margins:
        unit = "hour" if report.by is By.HOUR else "day"
        parts += [_h(f"Margin by {unit}: median, and the middle half"), _band(report.margins)]
    parts += [_h(f"By {report.by.value}"), _table(report.rows)]
    if report.faults:
        head = ("gate", "reason", "times", "in all, s", "longest, s")
        rows = [(f.gate, f.reason, f.count, f.total_s, f.longest_s) for f in report.faults]
        parts += [_h("Faults"), _html_table(head, rows)]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>binarycop stats</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _h(text: str) -> str:
    return f"<h2>{_safe(text)}</h2>"


def _totals(report: Report) -> str:
    total = report.total
    rows: list[Sequence[object]] = [(name.replace("_", " "), count) for name, count in total.counts.items()]
    for name in ("refusals", "permissions", "verdicts"):
        rows += [(f"{name}: {word or 'unknown'}", count) for word, count in total.details[name].items()]
    for field, words in report.undecided.items():
        rows += [(f"undecided, {field}: {word}", count) for word, count in words.items()]
    rows += [(f"undecided, {name} (quartiles)", _three(values)) for name, values in report.undecided_numbers.items()]
    if total.availability is not None:
        rows.append(("availability", f"{100 * total.availability:.2f} %"))
    rows += [
        ("hours with the machine on", f"{report.hours_on:.1f}"),
        ("hours with the daemon ready", f"{report.hours_ready:.1f}"),
        ("hours without a face", f"{report.hours_without_face} of {report.hours_of_service}"),
        ("latency, ms (median, 90 %, 99 %)", _three(total.latency_ms)),
        ("margin (quartiles)", _three(total.margin)),
        ("entries lost", report.lost),
    ]
    return _html_table(("figure", "value"), rows)


def _table(rows: Sequence[Row]) -> str:
    names = list(rows[0].counts) if rows else []
    head = ("", *(name.replace("_", " ") for name in names), "p99, ms", "margin", "available")
    body = [
        (row.name, *(row.counts[name] for name in names), row.latency_ms[2], row.margin[1], _percent(row.availability))
        for row in rows
    ]
    return _html_table(head, body)


def _html_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    cells = "".join(f"<th>{_safe(name)}</th>" for name in head)
    body = "\n".join("<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><tr>{cells}</tr>\n{body}</table>"


def _legend() -> str:
    items = (f'<span style="color:{colour}">&#9632;</span> {name}' for name, colour in _COLOURS.items())
    return "<p>" + " &nbsp; ".join(items) + "</p>"


def _stacked(rows: Sequence[Row]) -> str:
    """A column for each row: permissions, refusals, undecided."""
    most = max((sum(row.counts[name] for name in _COLOURS) for row in rows), default=0) or 1
    step = (_WIDTH - _LEFT) / max(len(rows), 1)
    shapes = []
    for index, row in enumerate(rows):
        top = float(_HEIGHT)
        for name, colour in _COLOURS.items():
            height = _HEIGHT * row.counts[name] / most
            top -= height
            shapes.append(
                f'<rect x="{_LEFT + index * step:.1f}" y="{top:.1f}" width="{max(step - 1, 0.5):.1f}" '
                f'height="{height:.1f}" fill="{colour}"/>'
            )
    return _svg([row.name for row in rows], most, shapes)


def _band(margins: Mapping[str, Sequence[float | None]]) -> str:
    """A box from the first to the third quartile for each time, and the median as a line in it."""
    most = max((values[2] or 0.0 for values in margins.values()), default=0.0) or 1.0
    step = (_WIDTH - _LEFT) / len(margins)
    shapes = []
    for index, values in enumerate(margins.values()):
        x, width = _LEFT + index * step, max(step - 1, 0.5)
        low, middle, high = (_HEIGHT * (1 - max(value or 0.0, 0.0) / most) for value in values)
        shapes += [
            f'<rect x="{x:.1f}" y="{high:.1f}" width="{width:.1f}" height="{low - high:.1f}" fill="#bcd4e6"/>',
            f'<rect x="{x:.1f}" y="{middle - 1:.1f}" width="{width:.1f}" height="2" fill="#1d3557"/>',
        ]
    return _svg(list(margins), most, shapes)


def _svg(names: Sequence[str], most: float, shapes: Sequence[str]) -> str:
    step = (_WIDTH - _LEFT) / max(len(names), 1)
    every = -(-len(names) // _MOST_LABELS) or 1
    labels = [
        f'<text x="{_LEFT + index * step:.1f}" y="{_HEIGHT + 16}">{_safe(name)}</text>'
        for index, name in enumerate(names)
        if index % every == 0
    ]
    axis = (
        f'<text x="0" y="11">{most:g}</text><text x="0" y="{_HEIGHT}">0</text>'
        f'<path d="M{_LEFT} 0V{_HEIGHT}H{_WIDTH}" fill="none" stroke="#999"/>'
    )
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT + _BOTTOM}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join([*shapes, axis, *labels])}</svg>'


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, (int, float)) else _safe(str(value))


def _three(values: Sequence[float | None]) -> str:
    return ", ".join("–" if value is None else f"{value:g}" for value in values)


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.2f} %"


def _safe(text: str) -> str:
    return escape(printable(text))
