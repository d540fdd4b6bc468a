"""``binarycop lines``: the installer's wiring test."""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from gpiozero.pins import Factory

from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.cli import result_file
from binarycop.cli.exit_codes import LINE_FAILED, WRONG_ARGUMENTS
from binarycop.cli.lines_walk import ask, walk
from binarycop.cli.options import add_config, add_gate, add_json, chosen_gate, inputs_of, print_json, seconds
from binarycop.cli.orderly_end import without_stop
from binarycop.cli.terminal import Terminal, fail, print_note
from binarycop.errors import OverlayMissing
from binarycop.lines.checked_output import word
from binarycop.lines.factory import open_factory, resolve
from binarycop.lines.level import level_words
from binarycop.lines.wires import Wires, find_chips
from binarycop.lines.wiring_test import LineReport, WiringTest
from binarycop.printable import printable
from binarycop.settings.lines import MOCK, InputSettings
from binarycop.settings.load import load
from binarycop.settings.schema import LaneSettings, Settings, wires_of

_POLL_S = 0.02
_TAKEN = "already in use by 'binarycop'"  # the daemon's name in the kernel's list, and this command's
_MAX_PULSE_S = 10.0
_MAX_WATCH_S = 86_400.0


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_config(parser)
    add_gate(parser)
    parser.add_argument(
        "--watch", type=seconds(_MAX_WATCH_S), metavar="SECONDS", help="print every change for this long"
    )
    driven = parser.add_mutually_exclusive_group()
    driven.add_argument("--pulse", metavar="LINE", help="drive one output for a while: permission, lamps.correct, ...")
    driven.add_argument(
        "--walk",
        action="store_true",
        help="the commissioning: drive each output, check what it reads, what the relay's own contact says, and that "
        "the dead-man timer ends a permission without heartbeats, and ask what was seen; then wait for each input to "
        "be worked; print a record",
    )
    parser.add_argument(
        "--for",
        dest="for_s",
        type=_pulse_s,
        default=0.5,
        metavar="SECONDS",
        help=f"how long an output is driven (default: 0.5; at most {_MAX_PULSE_S:g})",
    )
    parser.add_argument(
        "--yes", action="store_true", help="ask nothing: --walk then tests the outputs only, by what they read"
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the record of --walk to FILE too")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Returns exit code 6 if a line cannot be opened, even if none is driven, or if a line fails the test.

    Exits with code 2 if there is no such gate or output, or if nobody answers a question. Raises OverlayMissing if an
    output is to be driven while the overlay's clock is slow.
    """
    loaded = load(options.config)
    lane = _lane(options, loaded.settings)
    if options.record and not options.walk:
        _fail_of(options)("argument --record: only --walk writes a record")
    if options.record and (problem := result_file.problem(options.record)):
        _fail_of(options)(f"argument --record: {problem}")
    name = resolve(lane.lines.factory, is_live=True)
    with open_factory(name) as factory:
        wires = Wires.of(lane.name, name, find_chips(name))
        _show_wires(wires, as_json=options.json)
        if name != MOCK:
            _look_at_clock(SysfsFpgaManager(), is_driven=bool(options.pulse or options.walk))
        files = ", ".join(str(file) for file in loaded.files) or "the defaults"
        return _test(lane, factory, wires, files, options)


def _look_at_clock(manager: SysfsFpgaManager, *, is_driven: bool) -> None:
    """Warn of a slow clock of the overlay; raise OverlayMissing if an output is to be driven.

    The lines behind the overlay are then late, and its dead-man timer would end a permission hundreds of times later.
    """
    full_mhz = manager.slowed_from_mhz()
    if full_mhz is None:
        return
    words = f"its clock, {full_mhz:g} MHz in full, was left slow by a daemon that was killed, and so its dead-man timer"
    if is_driven:
        raise OverlayMissing(words)
    print_note(f"overlay: {words}; no output can be driven until load-overlay")


def _test(lane: LaneSettings, factory: Factory, wires: Wires, files: str, options: argparse.Namespace) -> int:
    show: Callable[[LineReport], None] = _show_json if options.json else _show
    with WiringTest(lane, factory) as wiring_test:
        reports = wiring_test.reports()
        for report in reports:
            show(report)
        closed = [report.name for report in reports if report.problem]
        has_failed = bool(closed)
        driven = "each output, one after another," if options.walk else options.pulse
        if driven and not options.yes and not _confirm(lane, driven, options):
            print_note("nothing was driven")
        elif driven:
            with without_stop():
                has_failed |= not _drive(wiring_test, wires, files, options)
        if options.watch and not inputs_of(lane):
            print_note(f"{lane.in_words} has no inputs: there is nothing to watch")
        elif options.watch:
            _watch(wiring_test, options.watch, show)
        if closed:
            has_them = any(_TAKEN in report.problem for report in reports)
            hint = "; if the daemon runs, stop it first: systemctl stop binarycop" if has_them else ""
            print_note(f"cannot be opened: {', '.join(closed)}{hint}")
        return LINE_FAILED if has_failed else 0


def _drive(wiring_test: WiringTest, wires: Wires, files: str, options: argparse.Namespace) -> bool:
    """Drive what the arguments name. Returns whether all of it has followed."""
    if options.walk:
        return walk(wiring_test, wires, files, _fail_of(options), options)
    return _pulse(wiring_test, wires, options)


def _pulse(wiring_test: WiringTest, wires: Wires, options: argparse.Namespace) -> bool:
    """Pulse one output and show what it read. Returns whether it has followed."""
    result = wiring_test.pulse(options.pulse, options.for_s, time.sleep)
    if options.json:
        print_json({**asdict(result), "problems": result.problems, "drives": wires.drives})
        return not result.problems
    read = f"read {word(result.on.output)}, then {word(result.off.output)}"
    if result.off.contact is not None:
        said = "too short to tell" if result.on.contact is None else word(result.on.contact)
        read += f"; the relay's contact: {said}, then {word(result.off.contact)}"
    if not wires.drives:
        read += " (mock: no wire was driven)"
    wrong = f"; DOES NOT FOLLOW: {'; '.join(result.problems)}" if result.problems else ""
    line = f"{result.gate}  pulse   {result.name:<17} {result.pin:<20} on for {result.for_s:g} s: {read}{wrong}"
    print(Terminal().wrapped(line), flush=True)
    return not result.problems


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


def _lane(options: argparse.Namespace, settings: Settings) -> LaneSettings:
    """The lane that the arguments name. Exits with code 2 if there is no such gate, or if it has no such output."""
    lane = chosen_gate(options, settings)
    outputs = [path.removeprefix("lines.") for path, line in wires_of(lane) if not isinstance(line, InputSettings)]
    if options.pulse and options.pulse not in outputs:
        known = f"outputs are {', '.join(outputs)}"
        _fail_of(options)(f"argument --pulse: {options.pulse} is not an output of {lane.in_words}; {known}")
    return lane


def _fail_of(options: argparse.Namespace) -> Callable[[str], NoReturn]:
    """Ends the command as argparse does: with its usage, a message and exit code 2."""

    def fail(message: str) -> NoReturn:
        options.fail(printable(message))
        raise SystemExit(WRONG_ARGUMENTS)

    return fail


def _pulse_s(text: str) -> float:
    """The type of ``--for``. Raises ArgumentTypeError."""
    for_s = seconds(_MAX_PULSE_S)(text)
    if for_s == 0:
        raise argparse.ArgumentTypeError("an output is driven for more than 0 s")
    return for_s


def _confirm(lane: LaneSettings, line: str, options: argparse.Namespace) -> bool:
    """Ask a person. Exits with code 2 if nobody can answer: without an answer, a script must not pass the test."""
    question = f"Drive {line} of {lane.in_words} for {options.for_s:g} s? It may open the speed gate. [y/N]"
    answer = ask(question)
    if not answer:
        print(file=sys.stderr)
        _fail_of(options)("nobody answered, and nothing was driven; --yes drives without a question")
    return answer.strip().lower() in ("y", "yes")


def _show_wires(wires: Wires, *, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(wires), "drives": wires.drives})
        return
    text = f"{wires.gate}  factory {wires.words}"
    Terminal().print(text if wires.drives else fail(text))


def _show(report: LineReport) -> None:
    level = report.problem
    if report.active is not None:
        level = level_words(is_active=report.active, is_input=report.direction == "input")
    line = f"{report.gate}  {report.direction:<6}  {report.name:<17} {report.pin:<20} {level}"
    print(Terminal().wrapped(line), flush=True)


def _show_json(report: LineReport) -> None:
    print_json(asdict(report))
