"""``binarycop events``: the gate's events, from this device's journal."""

import argparse
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from binarycop.classes import GateStatus
from binarycop.cli.options import add_json, print_json
from binarycop.journal.journald import open_reader, running_boot
from binarycop.journal.origin import GateOrigins
from binarycop.journal.parse_time import parse_time
from binarycop.journal.reader import Period, Query, Record, read
from binarycop.printable import printable

_DECISION_FIELDS = ("bundle", "before", "after")
_STATUSES = [status.value for status in GateStatus]


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--since", type=_time, metavar="WHEN", help="first time to show: '2026-05-04 18:30', today, 2h")
    parser.add_argument("--until", type=_time, metavar="WHEN", help="last time to show")
    parser.add_argument("--gate", metavar="NAME", help="show one gate only")
    parser.add_argument("--class", dest="status", choices=_STATUSES, metavar="CLASS",
                        help=f"show one class only: {', '.join(_STATUSES)}")  # fmt: skip
    parser.add_argument("--untrusted", action="store_true", help="show the entries of other programs too, with a mark")
    parser.add_argument("--follow", action="store_true", help="show new events as they come, until interrupted")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print a line for each event, and one for each boot. Raises JournalError."""
    if options.since and options.until and options.until < options.since:
        _note("--until is before --since: no event is within both")
        return 2
    period, query = Period(options.since, options.until), Query(options.gate, options.status)
    records = read(open_reader(), query, GateOrigins.of_this_machine(), running_boot(), follow=options.follow)
    boot, untrusted, misdated, shown = None, 0, 0, 0
    # With --follow, an interrupt is the normal end.
    with suppress(KeyboardInterrupt):
        for record in records:
            is_wanted = record.is_trusted or options.untrusted
            if record.at not in period:
                misdated += is_wanted and record.at + record.clock_step in period
                continue
            if not is_wanted:
                untrusted += 1
                continue
            shown += 1
            if options.json:
                print_json(to_dict(record))
                continue
            if record.boot != boot:
                boot = record.boot
                print(f"-- boot {printable(boot)} --")
            print(format_line(record), flush=options.follow)
    if not shown:
        _note("no event matches")
    if untrusted:
        _note(f"entries of other programs that are left out: {untrusted}; --untrusted shows them")
    if misdated:
        _note(
            f"entries that are left out because the clock was set only after them: {misdated}; "
            "without --since and --until they are shown"
        )
    return 0


def _note(text: str) -> None:
    print(printable(f"binarycop: {text}"), file=sys.stderr)


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
