"""``binarycop bench``: measures this machine part by part, prints tables or JSON, and compares two runs."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from binarycop.benchmarks import kernel, read
from binarycop.benchmarks.compare import compare
from binarycop.benchmarks.figures import Part, Report
from binarycop.benchmarks.machine import this_machine
from binarycop.benchmarks.table import comparison_lines, machine_lines, part_lines
from binarycop.cli import bench_faces, result_file
from binarycop.cli.bench_parts import PARTS, Measure
from binarycop.cli.options import add_json, print_json
from binarycop.cli.progress import Progress
from binarycop.cli.terminal import Terminal, bold, print_note
from binarycop.clock import MonotonicClock
from binarycop.errors import BinaryCoPError
from binarycop.printable import printable

_ALL = "measures every part; faces only with --faces"
_COMPARE = "shows two runs side by side, from what --json wrote"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the parts."""
    parser.set_defaults(run=_list_parts)
    parts = parser.add_subparsers(dest="part", metavar="PART")
    for part in PARTS:
        command = parts.add_parser(part.name, help=part.sentence, description=part.sentence)
        part.add(command)
        add_json(command)
        command.set_defaults(run=_run_part, measure=part.measure)
    every = parts.add_parser("all", help=_ALL, description=_ALL)
    every.add_argument(
        "--faces", type=Path, dest="folder", metavar="DIR", help="annotated pictures, for the part faces"
    )
    words = "write JSON into FILE, or print nothing else"
    every.add_argument("--json", nargs="?", const="-", type=_new_file, metavar="FILE", help=words)
    every.set_defaults(run=_run_all)
    comparison = parts.add_parser("compare", help=_COMPARE, description=_COMPARE)
    for name in ("A", "B"):
        comparison.add_argument(name.lower(), type=_report, metavar=f"{name}.json", help="a file that --json wrote")
    comparison.set_defaults(run=_compare)


def _list_parts(_: argparse.Namespace) -> int:
    for name, sentence in (*((part.name, part.sentence) for part in PARTS), ("all", _ALL), ("compare", _COMPARE)):
        print(printable(f"{name:<13} {sentence}"))
    return 0


def _run_part(options: argparse.Namespace) -> int:
    """Raises BinaryCoPError if it cannot be measured."""
    machine = this_machine()
    part = _measured(options.measure, options, options.part)
    _print_notes(part)
    if options.json:
        report: dict[str, Any] = Report(machine, (part,)).row
        if part.name == kernel.NAME:
            networks = kernel.medians_us(part).items()
            report["networks"] = {name: {"kernel": machine.emulator, **times_us} for name, times_us in networks}
        print_json(report)
        return 0
    _print_lines(machine_lines(machine))
    _print_table(part_lines(part))
    return 0


def _measured(measure: Measure, options: argparse.Namespace, name: str) -> Part:
    """The part's figures, with its progress on a terminal meanwhile. Raises BinaryCoPError."""
    progress = Progress(f"measuring {name}", MonotonicClock())
    try:
        return measure(options, progress.update)
    finally:
        progress.clear()


def _run_all(options: argparse.Namespace) -> int:
    """A part that cannot be measured is a part without figures, and makes the exit code 1. Raises OutputError."""
    machine, measured, code = this_machine(), list[Part](), 0
    only_json = options.json == "-"
    if not only_json:
        _print_lines(machine_lines(machine))
    for part in PARTS:
        if part.name == bench_faces.NAME and options.folder is None:
            continue
        with_defaults = argparse.ArgumentParser()
        part.add(with_defaults)
        arguments = [str(options.folder)] if part.name == bench_faces.NAME else []
        try:
            measured.append(_measured(part.measure, with_defaults.parse_args(arguments), part.name))
        except BinaryCoPError as error:
            measured.append(Part(part.name, (), notes=(str(error),)))
            code = 1
        _print_notes(measured[-1])
        if not only_json:
            _print_table(part_lines(measured[-1]))
    report = Report(machine, tuple(measured)).row
    if only_json:
        print_json(report)
    elif options.json:
        result_file.write(Path(options.json), json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    return code


def _compare(options: argparse.Namespace) -> int:
    first, second = options.a, options.b
    comparison = compare(first, second)
    for name, run in (("A", first), ("B", second)):
        _print_lines(
            f"{name}: {line}" if at == 0 else f"   {line}" for at, line in enumerate(machine_lines(run.machine))
        )
    for name, pairs in comparison.pairs.items():
        _print_table(comparison_lines(name, pairs))
    if comparison.only:
        words = "1 figure is" if comparison.only == 1 else f"{comparison.only} figures are"
        print(f"\n{printable(words)} in one of the runs only")
    return 0


def _print_notes(part: Part) -> None:
    for note in part.notes:
        print_note(f"left out: {note}")


def _print_lines(lines: Any) -> None:
    for line in lines:
        print(printable(line))


def _print_table(lines: Sequence[str]) -> None:
    """An empty line, then the table; on a terminal its heads, which are not indented, are bold."""
    terminal = Terminal()
    for line in ("", *lines):
        terminal.print(line if line.startswith(" ") else bold(line))


def _report(text: str) -> Report:
    try:
        return read.report(Path(text))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        words = f"{text}: {reason}; give a file that binarycop bench --json wrote"
        raise argparse.ArgumentTypeError(printable(words)) from None


def _new_file(text: str) -> str:
    if text != "-" and (problem := result_file.problem(Path(text))):
        raise argparse.ArgumentTypeError(printable(problem))
    return text
