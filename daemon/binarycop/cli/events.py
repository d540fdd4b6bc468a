"""``binarycop events``: the gate's events, from this device's journal."""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

from binarycop.classes import GateStatus
from binarycop.cli.options import add_json, print_json, refuse
from binarycop.cli.terminal import Span, Style, Terminal, print_error
from binarycop.cli.wrapping import wrap
from binarycop.journal.boots import Boot, read_boots, values_of
from binarycop.journal.events import Event, Level
from binarycop.journal.journald import Reader
from binarycop.journal.origin import GateOrigins
from binarycop.journal.parse_time import parse_time
from binarycop.journal.reader import Period, Query, Record, follow, read, time_of
from binarycop.journal.this_machine import open_reader, running_boot
from binarycop.printable import printable

_DECISION_FIELDS = ("bundle", "before", "after")
_STATUSES = [status.value for status in GateStatus]
_EVENTS = {event.spec.name: event for event in Event}
_STYLES = {Level.ERROR: Style.FAIL, Level.WARNING: Style.WARN}
"""How the name of an event looks on a terminal, by its level."""

_LEAST_COLUMNS = 40
_INDENT = " " * len("2026-05-04 12:00:01.234  ")
_DIGITS = 7
_PLACE = re.compile(r"[+-]?[0-9]{1,6}")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_period(parser)
    parser.add_argument("-n", type=_count, dest="newest", metavar="COUNT", help="show the newest COUNT events only")
    words = "show one boot only: 0 or nothing for the newest, -1 for the one before, or its id"
    parser.add_argument("--boot", nargs="?", const="0", metavar="BOOT", help=words)
    parser.add_argument("--gate", metavar="NAME", help="show one gate only")
    parser.add_argument("--event", action="append", choices=list(_EVENTS), default=[], metavar="EVENT",
                        help="show one event only, such as permit or fault; may be given several times")  # fmt: skip
    parser.add_argument("--class", dest="status", choices=_STATUSES, metavar="CLASS",
                        help=f"show one class only: {', '.join(_STATUSES)}; fault shows the faults too")  # fmt: skip
    parser.add_argument("--untrusted", action="store_true", help="show the entries of other programs too, with a mark")
    parser.add_argument("--follow", action="store_true", help="show new events as they come, until interrupted")
    add_json(parser)
    parser.set_defaults(run=run)


def add_period(parser: argparse.ArgumentParser) -> None:
    """``--since`` and ``--until``."""
    words = "first time to show: '2026-05-04 18:30', 18:30, today, yesterday, 90s, 10min, 2h, 7d"
    parser.add_argument("--since", type=_time, metavar="WHEN", help=words)
    parser.add_argument("--until", type=_time, metavar="WHEN", help="last time to show")


def period_problem(options: argparse.Namespace) -> str:
    """Why nothing can be within both bounds; empty if something can."""
    if options.since and options.until and options.until < options.since:
        return "--until is before --since: no event is within both"
    return ""


def run(options: argparse.Namespace) -> int:
    """Print a line for each event, and one for each boot. Raises JournalError."""
    query = Query(options.gate, options.status, tuple(_EVENTS[name] for name in dict.fromkeys(options.event)))
    if problem := period_problem(options) or query.problem:
        return refuse(problem, options)
    reader, running = open_reader(), running_boot()
    boots = read_boots(reader, running)
    if options.follow and running not in [boot.id for boot in boots]:
        boots.append(Boot(running))
    chosen = boots if options.boot is None else _named(options.boot, boots)
    if options.boot is not None and not chosen:
        words = f"write 0 for the newest, down to {1 - len(boots)}, or the start of an id"
        return refuse(f"no boot is {options.boot!r}: {words}", options)
    if options.follow and chosen[-1].id != running:
        return refuse("--follow shows what comes, which is of the newest boot: leave --boot out", options)
    period, left_out = Period(options.since, options.until), Counter[str]()
    boot, shown, terminal = None, 0, Terminal()
    # With --follow, an interrupt is the normal end.
    with suppress(KeyboardInterrupt):
        for record in _records(options, reader, query, chosen, period, left_out):
            shown += 1
            if options.json:
                print_json(to_dict(record))
                continue
            if record.boot != boot:
                boot = record.boot
                print(f"-- boot {printable(boot)} --")
            _print(record, terminal)
            if options.follow:
                sys.stdout.flush()
    if not shown:
        note(_nothing(reader, query, boots))
    _note_left_out(left_out)
    return 0


def _records(
    options: argparse.Namespace,
    reader: Reader,
    query: Query,
    boots: Sequence[Boot],
    period: Period,
    left_out: Counter[str],
) -> Iterator[Record]:
    """What to show, in its order. left_out: counts what is not shown, by its reason."""

    def is_shown(record: Record) -> bool:
        is_wanted = record.is_trusted or options.untrusted
        left_out["misdated"] += is_wanted and record.at not in period and record.at + record.clock_step in period
        left_out["untrusted"] += not is_wanted and record.at in period
        return is_wanted and record.at in period

    origins = GateOrigins.of_this_machine()
    if options.newest is None:
        whole = boots[:-1] if options.follow else boots
        records, after = read(reader, query, origins, whole), ""
    else:
        newest = list(islice(filter(is_shown, read(reader, query, origins, boots, newest_first=True)), options.newest))
        yield from reversed(newest)
        records, after = iter(()), newest[0].cursor if newest else ""
    if options.follow:
        records = chain(records, follow(reader, query, origins, boots[-1], after))
    yield from filter(is_shown, records)


def _named(name: str, boots: Sequence[Boot]) -> list[Boot]:
    """The boot that ``--boot`` names; none if there is no such boot, or more than one."""
    if _PLACE.fullmatch(name):
        index = int(name)
        return [boots[index - 1]] if -len(boots) < index <= 0 else []
    found = [boot for boot in boots if boot.id.startswith(name.replace("-", "").lower())]
    return found if len(found) == 1 else []


def _nothing(reader: Reader, query: Query, boots: Sequence[Boot]) -> str:
    gates = sorted(values_of(reader, "BINARYCOP_GATE") - {""})
    if query.gate and query.gate not in gates:
        return f"the journal has no gate {query.gate}; it has {', '.join(gates) or 'none'}"
    first = next((boot.first for boot in boots if boot.first), None)
    if first is None:
        return "nothing matched; the journal is empty"
    return f"nothing matched; the journal reaches back to {time_of(first.at_us):%Y-%m-%d %H:%M}"


def _note_left_out(left_out: Counter[str]) -> None:
    if left_out["untrusted"]:
        note(f"entries of other programs that are left out: {left_out['untrusted']}; --untrusted shows them")
    if left_out["misdated"]:
        note(
            f"entries that are left out because the clock was set only after them: {left_out['misdated']}; "
            "without --since and --until they are shown"
        )


def note(text: str) -> None:
    """Print a message on standard error; on a terminal its words are not broken at the end of a line."""
    print_error(text)


def _print(record: Record, terminal: Terminal) -> None:
    """Print an event; on a terminal that is too narrow for it, its words go on below the event's name."""
    line, columns = format_line(record), terminal.size[0]
    parts = [line]
    if terminal.can_repaint and columns >= _LEAST_COLUMNS:
        parts = wrap(line, columns, indent=_INDENT)
    event = _EVENTS.get(record.event)
    style = _STYLES.get(event.spec.level) if event is not None else None
    before, name, after = parts[0].partition(f"  {record.event} ")
    terminal.print(before, Span(name, style) if style else name, after)
    for part in parts[1:]:
        terminal.print(part)


def to_dict(record: Record) -> dict[str, Any]:
    """One event as a JSON object. ``at`` is its time, with the time zone; no field of the event can replace these."""
    common: dict[str, Any] = {"at": record.at.isoformat(), "clock_step_s": record.clock_step.total_seconds()}
    common |= {"boot": record.boot, "event": record.event, "gate": record.gate}
    common |= {"trusted": record.is_trusted, "unit": record.unit}
    return {**common, **{name: value for name, value in record.values.items() if name not in common}}


def format_line(record: Record) -> str:
    """One event as a line. A decision has its votes, latency, bundle and phases.

    There is a mark if it is not the gate's own, and one if the clock was set later.
    """
    values = record.values
    mark = "" if record.is_trusted else f"NOT FROM THE GATE ({record.unit or 'no unit'})  "
    if record.clock_step:
        sign = "+" if record.clock_step > timedelta(0) else "-"
        mark += f"CLOCK SET LATER ({sign}{timedelta(seconds=round(abs(record.clock_step).total_seconds()))})  "
    line = f"{record.at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"  {mark}{record.event:<10}  {record.text}"
    if not all(name in values for name in _DECISION_FIELDS):
        return printable(line)
    details = []
    if "votes" in values:
        details.append(f"{values['votes']} of {values.get('frames')} frames, margin {values.get('margin')}")
    if "latency_ms" in values:
        details.append(f"{values['latency_ms']} ms from capture to lines")
    details += [str(values["bundle"]), f"gate {values['before']} -> {values['after']}"]
    return printable(f"{line}; {'; '.join(details)}")


def _time(text: str) -> datetime:
    try:
        return parse_time(text, datetime.now().astimezone())
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _count(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text[:_DIGITS]!a} is not a number of events, such as 50")
