"""``binarycop events``: the gate's events, from this device's journal."""

import argparse
import sys
from contextlib import suppress
from datetime import datetime
from typing import Any

from binarycop.classes import GateStatus
from binarycop.cli.options import add_json, print_json
from binarycop.journal.origin import GateOrigins
from binarycop.journal.parse_time import parse_time
from binarycop.journal.reader import Query, Record, open_reader, read
from binarycop.printable import printable

_DECISION_FIELDS = ("bundle", "before", "after")
_STATUSES = [status.value for status in GateStatus]


def add(commands: Any) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("events", help="show the gate's events of all boots, from the journal")
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
    query = Query(options.since, options.until, options.gate, options.status)
    boot, left_out = None, 0
    # With --follow, an interrupt is the normal end.
    with suppress(KeyboardInterrupt):
        for record in read(open_reader(), query, GateOrigins.of_this_machine(), follow=options.follow):
            if not record.is_trusted and not options.untrusted:
                left_out += 1
                continue
            if options.json:
                print_json(to_dict(record))
                continue
            if record.boot != boot:
                boot = record.boot
                print(f"-- boot {printable(boot)} --")
            print(format_line(record), flush=options.follow)
    if left_out:
        print(
            f"binarycop: entries of other programs that are left out: {left_out}; --untrusted shows them",
            file=sys.stderr,
        )
    return 0


def to_dict(record: Record) -> dict[str, Any]:
    """One event as a JSON object. ``at`` is its time, with the time zone; no field of the event can replace these."""
    common: dict[str, Any] = {"at": record.at.isoformat(), "boot": record.boot, "event": record.event}
    common |= {"gate": record.gate, "trusted": record.is_trusted, "unit": record.unit}
    return {**common, **{name: value for name, value in record.values.items() if name not in common}}


def format_line(record: Record) -> str:
    """One event as a line. A decision has its votes, latency, bundle and phases. A mark if it is not the gate's own."""
    values = record.values
    mark = "" if record.is_trusted else f"NOT FROM THE GATE ({record.unit or 'no unit'})  "
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
