"""The figures of ``binarycop stats`` as text for a terminal of 80 columns."""

from collections.abc import Iterator, Mapping

from binarycop.cli.stats_figures import Report
from binarycop.cli.terminal import Words, bold, fail, warn
from binarycop.journal.statistics import By

_COLUMNS = {
    "people": "people", "permissions": "permit", "refusals": "refused", "undecided": "undec.", "not_used": "unused",
    "forced": "forced", "faults": "faults",
}  # fmt: skip
_WITHOUT_CLASS = ("people", "forced", "faults")
"""The counts of events that have no class."""
_BAR_WIDTH = 40
_TOTALS = ("people", "permissions", "refusals", "reminders", "undecided", "passed", "not_used", "withdrawn", "forced",
           "tailgated", "limit_reached", "overrides", "override_refused", "fires", "starts")  # fmt: skip
_UNWANTED = ("forced", "tailgated", "limit_reached", "override_refused", "fires")
"""What somebody should look into."""

_WORDS = {
    "people": "people in front", "permissions": "permissions given", "refusals": "permissions refused",
    "not_used": "permissions not used", "withdrawn": "permissions withdrawn", "forced": "passed without permission",
    "tailgated": "tailgated", "limit_reached": "limit reached", "override_refused": "overrides refused",
    "fires": "fire input active", "starts": "starts of the daemon",
}  # fmt: skip


def lines(report: Report, bar: str) -> Iterator[Words]:
    """All lines. bar: the character of the plots."""
    if not report.events:
        yield "no events in this time"
        return
    names = [row.name for row in report.rows] if report.by in (By.HOUR, By.DAY) else []
    times = "" if not names else f", {names[0]}" if len(names) == 1 else f", {names[0]} to {names[-1]}"
    yield bold(f"{_counted(report.events, 'event')}{times}")
    yield ""
    yield from _totals(report)
    if report.faults:
        yield ""
        yield bold(f"{'faults':<44}{'times':>8}{'in all':>12}{'longest':>12}")
        for fault in report.faults:
            name = f"{fault.gate}: {fault.reason}"[:42]
            yield fail(f"  {name:<42}{fault.count:>8,}{_duration(fault.total_s):>12}{_duration(fault.longest_s):>12}")
    yield ""
    yield from _table(report)
    if report.by is not By.CLASS:
        yield ""
        yield from _bars(f"people by {report.by.value}", {row.name: row.counts["people"] for row in report.rows}, bar)
    yield ""
    yield from _bars("verdicts by class", report.total.details["verdicts"], bar)
    if report.margins:
        yield ""
        yield from _margins(report, bar)


def _totals(report: Report) -> Iterator[Words]:
    total, details = report.total, report.total.details
    for name in _TOTALS:
        parts = details.get(name, {}) if name != "undecided" else {}
        why = ", ".join(f"{part or 'unknown'} {count:,}" for part, count in parts.items())
        if name == "undecided":
            why = _why_undecided(report)
        first, *rest = _wrap(why, 80 - 36)
        line = f"{_WORDS.get(name, name):<26}{total.counts[name]:>8,}  {first}".rstrip()
        yield warn(line) if name in _UNWANTED and total.counts[name] else line
        yield from (" " * 36 + line for line in rest)
    if total.availability is not None:
        ready, on = _duration(3600 * report.hours_ready), _duration(3600 * report.hours_on)
        yield f"{'availability':<26}{100 * total.availability:>6.2f} %  ready {ready} of {on} with the machine on"
    if total.latency_ms[0] is not None:
        p50, p90, p99 = total.latency_ms
        yield f"{'latency, ms':<26}{p50:>8}  median; 90 % within {p90}, 99 % within {p99}"
    if total.margin[0] is not None:
        q1, median, q3 = total.margin
        yield f"{'margin':<26}{median:>8}  median; half of them from {q1} to {q3}"
    yield f"{'hours without a face':<26}{report.hours_without_face:>8,}  of {report.hours_of_service:,} in service"
    if report.lost:
        yield warn(f"{'entries lost':<26}{report.lost:>8,}  the counts are too low by up to this number")


def _why_undecided(report: Report) -> str:
    words = [f"{word} {count:,}" for counts in report.undecided.values() for word, count in counts.items()]
    numbers = [f"{name} {median} (quartiles {q1}, {q3})" for name, (q1, median, q3) in report.undecided_numbers.items()]
    return ", ".join(words + numbers)


def _table(report: Report) -> Iterator[Words]:
    columns = {name: head for name, head in _COLUMNS.items() if report.by is not By.CLASS or name not in _WITHOUT_CLASS}
    heads = "".join(f"{head:>8}" for head in columns.values())
    yield bold(f"{'by ' + report.by.value:<17}{heads[1:]}{'' if report.by is By.CLASS else 'avail.':>8}".rstrip())
    for row in report.rows:
        cells = "".join(f"{row.counts[name]:>8,}" for name in columns)
        share = "" if row.availability is None else f"{100 * row.availability:.1f} %"
        yield f"{row.name[:16]:<16}{cells}{share:>8}".rstrip()


def _bars(title: str, values: Mapping[str, int], bar: str) -> Iterator[Words]:
    most = max(values.values(), default=0)
    yield bold(title)
    for name, value in values.items():
        plot = bar * round(_BAR_WIDTH * value / most if most else 0)
        yield f"  {(name or 'unknown')[:18]:<18}{value:>10,}  {plot}".rstrip()


def _margins(report: Report, bar: str) -> Iterator[Words]:
    """A line for each time: the middle half of the margins as a bar, and the median in it."""
    highest = max((values[2] or 0.0 for values in report.margins.values()), default=0.0) or 1.0
    unit = "hour" if report.by is By.HOUR else "day"
    yield bold(f"margin by {unit}: quartiles, 0 to {highest:g}")
    for name, (q1, median, q3) in report.margins.items():
        if q1 is None or median is None or q3 is None:
            continue
        low, middle, high = (
            min(round(_BAR_WIDTH * max(value, 0.0) / highest), _BAR_WIDTH) for value in (q1, median, q3)
        )
        plot = " " * low + bar * (middle - low) + "|" + bar * (high - middle)
        yield f"  {name:<18}{median:>10}  {plot}"


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _wrap(text: str, columns: int) -> list[str]:
    """The text in lines, broken after its commas."""
    lines = [""]
    for part in text.split(", "):
        joined = f"{lines[-1]}, {part}" if lines[-1] else part
        if len(joined) <= columns:
            lines[-1] = joined
        else:
            lines[-1] += ","
            lines.append(part)
    return lines
