"""The figures of ``binarycop stats`` as one page of HTML with drawn diagrams. It loads nothing and has no program."""

from collections.abc import Sequence
from html import escape

from binarycop.cli.stats_diagram import COLOURS, boxes, columns
from binarycop.cli.stats_figures import Report, Row
from binarycop.journal.statistics import By
from binarycop.printable import printable

# The light and the dark scheme of the reader's system; a phone scrolls the wide parts, not the page.
_STYLE = (
    ":root{color-scheme:light dark}body{font:15px sans-serif;margin:2em auto;max-width:60em;padding:0 1em}"
    ".wide{overflow-x:auto}.wide svg{width:100%;min-width:52em;height:auto;display:block}"
    "table{border-collapse:collapse;margin:1em 0}"
    "td,th{padding:.2em .7em;text-align:right;border-bottom:1px solid #8886}"
    "td:first-child,th:first-child{text-align:left;white-space:nowrap}text{font:11px sans-serif;fill:currentColor}"
)
_TIMES = (By.HOUR, By.DAY)


def page(report: Report) -> str:
    """The whole page."""
    parts = [
        _h("What the gates did"),
        f"<p>{_counted(report)} of the gates' own journal.</p>",
        _totals(report),
        _h(f"Decisions by {report.by.value}"),
        _legend(),
        _wide(columns(report.rows, are_times=report.by in _TIMES)),
    ]
    if report.margins:
        unit = "hour" if report.by is By.HOUR else "day"
        parts += [
            _h(f"Margin by {unit}: median, and the middle half"),
            "<p>The margin is the best score less the second best, in units of the scores.</p>",
            _wide(boxes(report.margins)),
        ]
    parts += [_h(f"By {report.by.value}"), _table(report.rows)]
    if report.faults:
        head = ("gate", "reason", "times", "in all, s", "longest, s")
        rows = [(f.gate, f.reason, f.count, f.total_s, f.longest_s) for f in report.faults]
        parts += [_h("Faults"), _wide(_html_table(head, rows))]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
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
    """A row for each time, class or gate; what never happened has no column."""
    names = [name for name in (rows[0].counts if rows else ()) if any(row.counts[name] for row in rows)]
    never = [name.replace("_", " ") for name in (rows[0].counts if rows else ()) if name not in names]
    head = ("", *(name.replace("_", " ") for name in names), "p99, ms", "margin", "available")
    body = [
        (row.name, *(row.counts[name] for name in names), row.latency_ms[2], row.margin[1], _percent(row.availability))
        for row in rows
    ]
    left_out = f"<p>0 in each row: {_safe(', '.join(never))}.</p>" if never else ""
    return _wide(_html_table(head, body)) + left_out


def _wide(part: str) -> str:
    return f'<div class="wide">{part}</div>'


def _counted(report: Report) -> str:
    events = f"{report.events:,} {'event' if report.events == 1 else 'events'}"
    if report.by not in _TIMES or not report.rows:
        return events
    return f"{events}, {_safe(report.rows[0].name)} to {_safe(report.rows[-1].name)},"


def _html_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    cells = "".join(f"<th>{_safe(name)}</th>" for name in head)
    body = "\n".join("<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><tr>{cells}</tr>\n{body}</table>"


def _legend() -> str:
    items = (f'<span style="color:{colour}">&#9632;</span> {name}' for name, colour in COLOURS.items())
    return "<p>" + " &nbsp; ".join(items) + "</p>"


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
