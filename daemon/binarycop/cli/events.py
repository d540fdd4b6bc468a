"""``binarycop events``: what the gate did, from the journal of this device."""

import argparse
from contextlib import suppress
from datetime import datetime
from typing import Any

from binarycop.classes import GateStatus
from binarycop.cli.options import add_json, print_json
from binarycop.journal.parse_time import parse_time
from binarycop.journal.reader import Query, Record, open_reader, read

_DECISION = ("bundle", "before", "after")


def add(commands: Any) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("events", help="show what the gate did, from the journal, over all boots")
    parser.add_argument("--since", type=_moment, metavar="WHEN", help="from then on: '2026-05-04 18:30', today, 2h")
    parser.add_argument("--until", type=_moment, metavar="WHEN", help="up to then")
    parser.add_argument("--gate", metavar="NAME", help="of one gate only")
    parser.add_argument("--class", dest="wearing", choices=[one.value for one in GateStatus], metavar="CLASS",
                        help=", ".join(one.value for one in GateStatus))  # fmt: skip
    parser.add_argument("--follow", action="store_true", help="go on with what comes, until interrupted")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print one line for each event, and one for each start of the board. Raises JournalError."""
    query = Query(options.since, options.until, options.gate, options.wearing)
    boot = None
    # Interrupted is how following ends.
    with suppress(KeyboardInterrupt):
        for record in read(open_reader(), query, follow=options.follow):
            if options.json:
                print_json(to_dict(record))
                continue
            if record.boot != boot:
                boot = record.boot
                print(f"-- boot {boot} --")
            print(format_line(record), flush=options.follow)
    return 0


def to_dict(record: Record) -> dict[str, Any]:
    """One event as an object; ``at`` with its time zone."""
    whole = {"at": record.at.isoformat(), "boot": record.boot, "event": record.event, "gate": record.gate}
    return {**whole, **record.values}


def format_line(record: Record) -> str:
    """One event as a line; a decision with all that it came from."""
    values = record.values
    line = f"{record.at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"  {record.event:<10}  {record.text}"
    if not all(name in values for name in _DECISION):
        return line
    said = []
    if "votes" in values:
        said.append(f"{values['votes']} of {values['frames']} frames, margin {values['margin']}")
    if "latency_ms" in values:
        said.append(f"{values['latency_ms']} ms from capture to lines")
    said += [str(values["bundle"]), f"gate {values['before']} -> {values['after']}"]
    return f"{line}; {'; '.join(said)}"


def _moment(text: str) -> datetime:
    try:
        return parse_time(text, datetime.now().astimezone())
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
