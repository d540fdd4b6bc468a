"""``binarycop stats``: what the gates did over a time, from the journal."""

import argparse
import csv
import io
import sys
import time
from datetime import datetime
from pathlib import Path

from binarycop.cli import result_file, stats_page, stats_text
from binarycop.cli.events import add_period, note, period_problem
from binarycop.cli.options import add_json, print_json, refuse
from binarycop.cli.progress import Progress
from binarycop.cli.stats_figures import Report, report
from binarycop.cli.terminal import Terminal
from binarycop.clock import MonotonicClock
from binarycop.journal.boots import read_boots
from binarycop.journal.collect import collect
from binarycop.journal.origin import GateOrigins
from binarycop.journal.reader import LATEST_US
from binarycop.journal.statistics import By, Statistics
from binarycop.journal.this_machine import open_reader, running_boot
from binarycop.printable import printable


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_period(parser)
    kinds = [by.value for by in By]
    words = f"one row for each {', '.join(kinds[:-1])} or {kinds[-1]} (default: day)"
    parser.add_argument("--by", choices=kinds, default=By.DAY.value, metavar="WHAT", help=words)
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--csv", action="store_true", help="print the rows as CSV, for a spreadsheet")
    output.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page with diagrams, which needs no other file"
    )
    add_json(output)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read the journal once, and print the sums. Raises JournalError, and OutputError if a page cannot be written."""
    if problem := period_problem(options):
        return refuse(problem, options)
    reader, running = open_reader(), running_boot()
    boots = read_boots(reader, running)
    now_us = round(time.time() * 1e6)
    if boots and boots[-1].id != running and boots[-1].last:
        now_us = boots[-1].last.at_us
    since_us = _us(options.since) if options.since else 0
    until_us = _us(options.until) if options.until else LATEST_US
    statistics = Statistics(By(options.by), since_us, until_us)
    progress = Progress("reading the journal", MonotonicClock())
    try:
        collect(reader, boots, GateOrigins.of_this_machine(), statistics, now_us, progress.update)
    finally:
        progress.clear()
    result = report(statistics)
    if options.json:
        print_json(result.to_dict())
    elif options.csv:
        _print_csv(result)
    elif options.html:
        result_file.write(options.html, stats_page.page(result))
        note(f"written: {options.html}")
    else:
        terminal = Terminal()
        for line in stats_text.lines(result, _bar_character()):
            terminal.print(line)
    if statistics.untrusted:
        note(f"entries of other programs, which are not counted: {statistics.untrusted}")
    return 0


def _print_csv(result: Report) -> None:
    """Print a line for each row, below a head."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    names = list(result.total.counts)
    details = [("refusals", word) for word in result.total.details["refusals"]]
    head = [result.by.value, *names, *(f"{name} {word or 'unknown'}" for name, word in details)]
    table.writerow([*head, "p50_ms", "p90_ms", "p99_ms", "margin_q1", "margin_median", "margin_q3", "availability"])
    for row in result.rows:
        counts = [row.counts[name] for name in names] + [row.details[name].get(word, 0) for name, word in details]
        table.writerow([_plain(row.name), *counts, *row.latency_ms, *row.margin, row.availability])
    for line in text.getvalue().splitlines():
        print(printable(line))


def _plain(name: str) -> str:
    """A gate's name that a spreadsheet does not take for a formula."""
    name = printable(name)
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name


def _bar_character() -> str:
    """A block where the terminal's encoding has it."""
    block = "\u2588"
    try:
        block.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "#"
    return block


def _us(at: datetime) -> int:
    return round(at.timestamp() * 1e6)
