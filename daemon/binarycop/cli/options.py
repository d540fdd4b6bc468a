"""Arguments that several subcommands share, and how they change the settings."""

import argparse
import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from binarycop.cli.exit_codes import WRONG_ARGUMENTS

# Those who import this module import them from here.
from binarycop.cli.light_options import add_config as add_config  # noqa: PLC0414
from binarycop.cli.light_options import add_json as add_json  # noqa: PLC0414
from binarycop.cli.light_options import print_json as print_json  # noqa: PLC0414
from binarycop.cli.light_options import refuse as refuse  # noqa: PLC0414
from binarycop.cli.light_options import seconds as seconds  # noqa: PLC0414
from binarycop.cli.terminal import print_note
from binarycop.clock import MonotonicClock
from binarycop.errors import OutputError
from binarycop.printable import printable
from binarycop.settings.classifier import Backend
from binarycop.settings.faces import DetectorKind
from binarycop.settings.lines import MOCK, InputSettings
from binarycop.settings.load import load
from binarycop.settings.schema import LaneSettings, Settings, wires_of
from binarycop.trace import MAX_SPANS, NO_TRACER, ChromeTracer, Tracer


def add_bundle(parser: argparse.ArgumentParser) -> None:
    """``--bundle``."""
    words = "the network: cnv, n-cnv or u-cnv; or the path of a bundle's folder, with a slash in it"
    parser.add_argument("--bundle", metavar="NAME", help=words)


def add_classifier(parser: argparse.ArgumentParser) -> None:
    """``--bundle`` and ``--backend``."""
    add_bundle(parser)
    words = f"what runs the network: {_values(Backend)}; overlay is the circuit in the FPGA"
    parser.add_argument("--backend", type=_one_of(Backend), choices=list(Backend), metavar="NAME", help=words)


def add_finder(parser: argparse.ArgumentParser) -> None:
    """``--finder``."""
    words = f"the face detector: {_values(DetectorKind)}"
    parser.add_argument("--finder", type=_one_of(DetectorKind), choices=list(DetectorKind), metavar="NAME", help=words)


def add_gate(parser: argparse.ArgumentParser) -> None:
    """``--gate``, for ``chosen_gate``."""
    parser.add_argument("--gate", metavar="NAME", help="which gate (default: the first)")
    parser.set_defaults(fail=parser.error)


def add_trace(parser: argparse.ArgumentParser) -> None:
    """``--trace``."""
    words = f"at the end, write where the time of the newest {MAX_SPANS} pieces of work went, for Perfetto"
    parser.add_argument("--trace", type=_new_file, metavar="FILE", help=words)


@contextmanager
def tracer_of(options: argparse.Namespace) -> Iterator[Tracer]:
    """The tracer that ``--trace`` asks for; its file is written when the block is left. Raises OutputError."""
    if options.trace is None:
        yield NO_TRACER
        return
    tracer = ChromeTracer(MonotonicClock().now_s)
    try:
        yield tracer
    finally:
        try:
            with options.trace as file:
                tracer.write(file)
        except OSError as error:
            raise OutputError(Path(file.name), error.strerror or str(error)) from error


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings of the file, changed by the arguments. Raises SettingsErrors."""
    settings = load(options.config).settings
    classifier, gates = settings.classifier, settings.gates
    if getattr(options, "bundle", None):
        classifier = replace(classifier, bundle=options.bundle)
    if getattr(options, "backend", None):
        classifier = replace(classifier, backend=options.backend)
    if getattr(options, "finder", None):
        gates = tuple(replace(lane, faces=replace(lane.faces, finder=options.finder)) for lane in gates)
    return replace(settings, classifier=classifier, gates=gates)


def first_gate_of(settings: Settings) -> LaneSettings:
    """The first gate, for a command that uses the settings of one gate only; prints a note if there are others."""
    first, *others = settings.gates
    if others:
        names = ", ".join(lane.name for lane in others)
        print_note(f"with the settings of gate {first.name}, not of {names}")
    return first


def chosen_gate(options: argparse.Namespace, settings: Settings) -> LaneSettings:
    """The gate that ``--gate`` names, or the first one. Exits with code 2 if there is no such gate."""
    lanes = settings.gates
    lane = next((lane for lane in lanes if options.gate in (None, lane.name)), None)
    if lane is None:
        names = ", ".join(lane.name for lane in lanes)
        options.fail(printable(f"argument --gate: {options.gate} is not the name of a gate; gates are {names}"))
        raise SystemExit(WRONG_ARGUMENTS)
    if options.gate is None and len(lanes) > 1:
        others = ", ".join(other.name for other in lanes if other is not lane)
        print_note(f"gate {lane.name} only; --gate NAME takes {others}")
    return lane


def with_source(settings: Settings, source: str) -> Settings:
    """The settings with another source for the first gate."""
    first, *others = settings.gates
    first = replace(first, frames=replace(first.frames, source=source))
    return replace(settings, gates=(first, *others))


def replay_settings(settings: Settings, source: str) -> Settings:
    """The settings for a replay: the first gate only, another source, and mock lines, so that nothing is switched.

    It has no inputs, since a recording has no speed gate: a mock ``ready`` would never be active, and a mock contact of
    the relay would never follow.
    """
    first = with_source(settings, source).gates[0]
    lines = replace(first.lines, factory=MOCK, feedback=None, passed=None, ready=None, fire=None, override=None)
    return replace(settings, gates=(replace(first, lines=lines),))


def inputs_of(lane: LaneSettings) -> list[str]:
    """The keys below ``lines`` of the inputs that a lane has."""
    return [path.removeprefix("lines.") for path, line in wires_of(lane) if isinstance(line, InputSettings)]


def _one_of(choices: type[Backend] | type[DetectorKind]) -> Callable[[str], Backend | DetectorKind]:
    """The type of an argument that is one of an enum's values; its ``choices`` are for the shell's completion."""

    def parse(text: str) -> Backend | DetectorKind:
        try:
            return choices(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!a} is not one of {_values(choices)}") from None

    return parse


def _new_file(path: str) -> TextIO:
    """The type of an argument that is a file to write. It is opened at once, to report a wrong name at the start."""
    try:
        if Path(path).exists() and not Path(path).is_file():  # to open a pipe that nobody reads takes forever
            raise OSError(errno.EINVAL, "it is not a regular file")
        return open(path, "w", encoding="utf-8")
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path!a} cannot be written: {error.strerror}") from None


def _values(choices: type[Backend] | type[DetectorKind]) -> str:
    return ", ".join(choice.value for choice in choices)
