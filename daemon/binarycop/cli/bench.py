"""``binarycop bench``: measures this machine part by part, prints tables or JSON, and compares two runs."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from binarycop.benchmarks import finders, frame, gates, instructions, kernel, memory, modes, read, start
from binarycop.benchmarks.compare import compare
from binarycop.benchmarks.drawn_clip import draw_clip
from binarycop.benchmarks.figures import Part, Report
from binarycop.benchmarks.machine import this_machine
from binarycop.benchmarks.table import comparison_lines, machine_lines, part_lines
from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.cli import bench_faces, result_file
from binarycop.cli.options import add_json, print_json
from binarycop.errors import BinaryCoPError
from binarycop.printable import printable
from binarycop.settings.load import MAX_GATES

_NETWORKS = ("n-cnv", "u-cnv", "cnv")
_ROUNDS = 500  # crops of each engine
_FINDER_ROUNDS = 40
_FRAME_REPEATS, _START_REPEATS, _GATE_REPEATS, _MAX_REPEATS = 2, 5, 3, 99
_MODE_REPEATS, _MODE_WINDOW_S, _WAKES = 2, 10.0, 8
_EMPTY_S = 4.0  # nobody is there at first: after a second without motion only the motion detection runs

_Measure = Callable[[argparse.Namespace], Part]


@dataclass(frozen=True)
class _Command:
    """One part. sentence: what it measures. add: adds its arguments, which all have a default if ``all`` runs it."""

    name: str
    sentence: str
    add: Callable[[argparse.ArgumentParser], None]
    measure: _Measure


def add(parser: argparse.ArgumentParser) -> None:
    """Add the parts."""
    parser.set_defaults(run=_list_parts)
    parts = parser.add_subparsers(dest="part", metavar="PART")
    for part in _PARTS:
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
    for name, sentence in (*((part.name, part.sentence) for part in _PARTS), ("all", _ALL), ("compare", _COMPARE)):
        print(printable(f"{name:<13} {sentence}"))
    return 0


def _run_part(options: argparse.Namespace) -> int:
    """Raises BinaryCoPError if it cannot be measured."""
    machine = this_machine()
    part = options.measure(options)
    _print_notes(part)
    if options.json:
        report: dict[str, Any] = Report(machine, (part,)).row
        if part.name == kernel.NAME:
            networks = kernel.medians_us(part).items()
            report["networks"] = {name: {"kernel": machine.emulator, **times_us} for name, times_us in networks}
        print_json(report)
        return 0
    _print_lines((*machine_lines(machine), "", *part_lines(part)))
    return 0


def _run_all(options: argparse.Namespace) -> int:
    """A part that cannot be measured is a part without figures, and makes the exit code 1. Raises OutputError."""
    machine, measured, code = this_machine(), list[Part](), 0
    only_json = options.json == "-"
    if not only_json:
        _print_lines(machine_lines(machine))
    for part in _PARTS:
        if part.name == bench_faces.NAME and options.folder is None:
            continue
        with_defaults = argparse.ArgumentParser()
        part.add(with_defaults)
        arguments = [str(options.folder)] if part.name == bench_faces.NAME else []
        try:
            measured.append(part.measure(with_defaults.parse_args(arguments)))
        except BinaryCoPError as error:
            measured.append(Part(part.name, (), notes=(str(error),)))
            code = 1
        _print_notes(measured[-1])
        if not only_json:
            _print_lines(("", *part_lines(measured[-1])))
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
        _print_lines(("", *comparison_lines(name, pairs)))
    if comparison.only:
        print(f"\n{printable(str(comparison.only))} figures are in one of the runs only")
    return 0


def _print_notes(part: Part) -> None:
    for note in part.notes:
        print(printable(f"binarycop: left out: {note}"), file=sys.stderr)


def _print_lines(lines: Any) -> None:
    for line in lines:
        print(printable(line))


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


def _add_kernel(parser: argparse.ArgumentParser) -> None:
    words = f"a network, or a bundle's folder (default: {', '.join(_NETWORKS)})"
    parser.add_argument("--bundle", action="append", metavar="NAME", help=words)


def _kernel(options: argparse.Namespace) -> Part:
    return kernel.measure_kernel([bundles.load(find_bundle(name)) for name in options.bundle or _NETWORKS], _ROUNDS)


def _add_clip(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clip", type=Path, metavar="CLIP", help="a recording of 30 frames/s (default: a drawn one)")


def _add_gates(counts: Sequence[int]) -> Callable[[argparse.ArgumentParser], None]:
    def add_gates(parser: argparse.ArgumentParser) -> None:
        words = f"number of gates, 1 to {MAX_GATES} (default: {', '.join(map(str, counts))})"
        parser.add_argument("--gates", type=_whole(MAX_GATES), action="append", metavar="N", help=words)
        _add_clip(parser)

    return add_gates


def _add_loads(parser: argparse.ArgumentParser) -> None:
    _add_gates(gates.COUNTS)(parser)
    parser.add_argument("--bundle", metavar="NAME", help="the network (default: n-cnv)")
    words = f"how often each number of gates is run, 1 to {_MAX_REPEATS} (default: {_GATE_REPEATS})"
    parser.add_argument("--repeats", type=_whole(_MAX_REPEATS), default=_GATE_REPEATS, metavar="N", help=words)


def _whole(most: int) -> Callable[[str], int]:
    """The type of an argument that is a number from 1 to ``most``."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or len(text) > 2 or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!a} should be a number from 1 to {most}")
        return int(text)

    return parse


@contextmanager
def _clip(options: argparse.Namespace, people: int = 2, empty_s: float = 0.0) -> Iterator[Path]:
    """The clip of the arguments, or a drawn one."""
    if options.clip is not None:
        yield options.clip
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.avi"
        draw_clip(path, people, empty_s)
        yield path


def _gates(options: argparse.Namespace) -> Part:
    of_run = ["--bundle", options.bundle] if options.bundle else []
    with _clip(options, people=1) as clip:
        return gates.measure_gates(options.gates or gates.COUNTS, clip, options.repeats, of_run)


def _frame(options: argparse.Namespace) -> Part:
    with _clip(options, people=1, empty_s=_EMPTY_S) as clip:
        return frame.measure_frames(clip, _FRAME_REPEATS)


def _start(options: argparse.Namespace) -> Part:
    with _clip(options) as clip:
        return start.measure_start(clip, _START_REPEATS)


def _memory(options: argparse.Namespace) -> Part:
    with _clip(options, people=1) as clip:
        return memory.measure_memory(options.gates or memory.COUNTS, clip)


_PARTS = (
    _Command(
        kernel.NAME,
        "times the emulator beside onnxruntime, OpenCV and numpy",
        _add_kernel,
        _kernel,
    ),
    _Command(
        finders.NAME,
        "times the face detectors, by the frame's size and their library",
        lambda _: None,
        lambda _: finders.measure_finders(_FINDER_ROUNDS),
    ),
    _Command(
        bench_faces.NAME,
        "counts what the detectors find in annotated pictures",
        bench_faces.add,
        bench_faces.measure,
    ),
    _Command(
        frame.NAME,
        "times a frame from its capture to the lines, in replay and in run",
        _add_clip,
        _frame,
    ),
    _Command(
        gates.NAME,
        "runs several gates: frames processed, the oldest frame, cores",
        _add_loads,
        _gates,
    ),
    _Command(start.NAME, "times --version, --help, and a start until the service is ready", _add_clip, _start),
    _Command(
        memory.NAME,
        "measures one gate's memory, and that of several",
        _add_gates(memory.COUNTS),
        _memory,
    ),
    _Command(
        modes.NAME,
        "compares the two modes with nobody there, and times the wake",
        lambda _: None,
        lambda _: modes.measure_modes(_MODE_REPEATS, _MODE_WINDOW_S, _WAKES),
    ),
    _Command(
        instructions.NAME,
        "counts a frame's instructions, if valgrind is installed",
        lambda _: None,
        lambda _: instructions.measure_instructions(),
    ),
)
_ALL = "measures every part; faces only with --faces"
_COMPARE = "shows two runs side by side, from what --json wrote"
