"""``binarycop lines``: the installer's wiring test."""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from gpiozero.pins import Factory

from binarycop.cli.options import add_config, add_json, print_json, settings_of
from binarycop.errors import LineError
from binarycop.lines.factory import MOCK, open_factory, resolve
from binarycop.lines.wiring_test import LineReport, WiringTest
from binarycop.printable import printable
from binarycop.settings.schema import LaneSettings

_POLL_S = 0.02
_MAX_PULSE_S = 10.0


def add(commands: Any) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("lines", help="test the wiring: show every line, watch the inputs, pulse an output")
    add_config(parser)
    parser.add_argument("--gate", metavar="NAME", help="which gate (default: the first)")
    parser.add_argument("--watch", type=float, metavar="SECONDS", help="print every change for this long")
    parser.add_argument("--pulse", metavar="LINE", help="drive one output for a while: permission, lamps.correct, ...")
    parser.add_argument(
        "--for", dest="for_s", type=float, default=0.5, metavar="SECONDS", help="length of the pulse (default: 0.5)"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask before a pulse")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Returns exit code 6 if a line cannot be opened. Raises LineError if there is no such gate or output."""
    lane = _lane(settings_of(options).gates, options.gate)
    show: Callable[[LineReport], None] = _show_json if options.json else _show
    name = resolve(lane.lines.factory, is_live=True)
    if name == MOCK:
        print("binarycop: lines.factory is mock: no wire is read or driven", file=sys.stderr)
    with open_factory(name) as factory:
        return _test(lane, factory, options, show)


def _test(lane: LaneSettings, factory: Factory, options: argparse.Namespace, show: Callable[[LineReport], None]) -> int:
    with WiringTest(lane, factory) as wiring_test:
        reports = wiring_test.reports()
        for report in reports:
            show(report)
        if options.pulse:
            if not 0 < options.for_s <= _MAX_PULSE_S:
                raise LineError(options.pulse, f"a pulse lasts at most {_MAX_PULSE_S:g} s")
            if not options.yes and not _confirm(lane, options.pulse, options.for_s):
                print("binarycop: there was no pulse", file=sys.stderr)
                return 0
            wiring_test.pulse(options.pulse, options.for_s, time.sleep)
            print(printable(f"binarycop: {options.pulse} was on for {options.for_s:g} s"), file=sys.stderr)
        if options.watch:
            _watch(wiring_test, options.watch, show)
        return 6 if any(report.problem for report in reports) else 0


def _watch(wiring_test: WiringTest, for_s: float, show: Callable[[LineReport], None]) -> None:
    """Show a line again when its level has changed."""
    before = {report.name: report for report in wiring_test.reports()}
    end_s = time.monotonic() + for_s
    while time.monotonic() < end_s:
        time.sleep(_POLL_S)
        for report in wiring_test.reports():
            if report != before[report.name]:
                before[report.name] = report
                show(report)


def _lane(lanes: tuple[LaneSettings, ...], name: str | None) -> LaneSettings:
    for lane in lanes:
        if name in (None, lane.name):
            return lane
    raise LineError(str(name), f"is not the name of a gate; gates are {', '.join(lane.name for lane in lanes)}")


def _confirm(lane: LaneSettings, line: str, for_s: float) -> bool:
    question = f"Drive {line} of gate {lane.name} for {for_s:g} s? It may open the speed gate. [y/N] "
    print(printable(question), end="", file=sys.stderr)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _show(report: LineReport) -> None:
    level = {None: report.problem, True: "active", False: "inactive"}[report.active]
    line = f"{report.gate}  {report.direction:<6}  {report.name:<17} {report.pin:<20} {level}"
    print(printable(line), flush=True)


def _show_json(report: LineReport) -> None:
    print_json(asdict(report))
