"""The parts of ``binarycop bench``: what each measures, and its arguments."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from binarycop.benchmarks import finders, frame, gates, instructions, kernel, memory, modes, start
from binarycop.benchmarks.drawn_clip import draw_clip
from binarycop.benchmarks.figures import Part
from binarycop.benchmarks.steps import OnProgress
from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.cli import bench_faces
from binarycop.settings.load import MAX_GATES

_NETWORKS = ("n-cnv", "u-cnv", "cnv")
_ROUNDS = 500  # crops of each engine
_FINDER_ROUNDS = 40
_FRAME_REPEATS, _START_REPEATS, _GATE_REPEATS, _MAX_REPEATS = 2, 5, 3, 99
_MODE_REPEATS, _MODE_WINDOW_S, _WAKES = 2, 10.0, 8
_EMPTY_S = 4.0  # nobody is there at first: after a second without motion only the motion detection runs

Measure = Callable[[argparse.Namespace, OnProgress], Part]


@dataclass(frozen=True)
class PartCommand:
    """One part. sentence: what it measures. add: adds its arguments, which all have a default if ``all`` runs it."""

    name: str
    sentence: str
    add: Callable[[argparse.ArgumentParser], None]
    measure: Measure


def _add_kernel(parser: argparse.ArgumentParser) -> None:
    words = f"a network, or a bundle's folder (default: {', '.join(_NETWORKS)})"
    parser.add_argument("--bundle", action="append", metavar="NAME", help=words)


def _kernel(options: argparse.Namespace, on_progress: OnProgress) -> Part:
    loaded = [bundles.load(find_bundle(name)) for name in options.bundle or _NETWORKS]
    return kernel.measure_kernel(loaded, _ROUNDS, on_progress)


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


def _gates(options: argparse.Namespace, on_progress: OnProgress) -> Part:
    of_run = ["--bundle", options.bundle] if options.bundle else []
    with _clip(options, people=1) as clip:
        return gates.measure_gates(options.gates or gates.COUNTS, clip, options.repeats, of_run, on_progress)


def _frame(options: argparse.Namespace, on_progress: OnProgress) -> Part:
    with _clip(options, people=1, empty_s=_EMPTY_S) as clip:
        return frame.measure_frames(clip, _FRAME_REPEATS, on_progress)


def _start(options: argparse.Namespace, on_progress: OnProgress) -> Part:
    with _clip(options) as clip:
        return start.measure_start(clip, _START_REPEATS, on_progress)


def _memory(options: argparse.Namespace, on_progress: OnProgress) -> Part:
    with _clip(options, people=1) as clip:
        return memory.measure_memory(options.gates or memory.COUNTS, clip, on_progress)


PARTS = (
    PartCommand(
        kernel.NAME,
        "times the emulator beside onnxruntime, OpenCV and numpy",
        _add_kernel,
        _kernel,
    ),
    PartCommand(
        finders.NAME,
        "times the face detectors, by the frame's size and their library",
        lambda _: None,
        lambda _, on_progress: finders.measure_finders(_FINDER_ROUNDS, on_progress),
    ),
    PartCommand(
        bench_faces.NAME,
        "counts what the detectors find in annotated pictures",
        bench_faces.add,
        bench_faces.measure,
    ),
    PartCommand(
        frame.NAME,
        "times a frame from its capture to the lines, in replay and in run",
        _add_clip,
        _frame,
    ),
    PartCommand(
        gates.NAME,
        "runs several gates: frames processed, the oldest frame, cores",
        _add_loads,
        _gates,
    ),
    PartCommand(start.NAME, "times --version, --help, and a start until the service is ready", _add_clip, _start),
    PartCommand(
        memory.NAME,
        "measures one gate's memory, and that of several",
        _add_gates(memory.COUNTS),
        _memory,
    ),
    PartCommand(
        modes.NAME,
        "compares the two modes with nobody there, and times the wake",
        lambda _: None,
        lambda _, on_progress: modes.measure_modes(_MODE_REPEATS, _MODE_WINDOW_S, _WAKES, on_progress),
    ),
    PartCommand(
        instructions.NAME,
        "counts a frame's instructions, if valgrind is installed",
        lambda _: None,
        lambda *_: instructions.measure_instructions(),
    ),
)
