"""The program ``binarycop``. Each subcommand is a module with the functions ``add`` and ``run``."""

import argparse
import errno
import importlib
import sys
from collections.abc import Iterable, Sequence

from binarycop import __version__
from binarycop.cli import exit_codes, standard_output
from binarycop.cli.argument_parser import ArgumentParser, WrongArguments, commands_of
from binarycop.cli.command_help import HELP
from binarycop.cli.orderly_end import orderly_end
from binarycop.cli.terminal import print_error
from binarycop.errors import BinaryCoPError, SettingsErrors, SourceErrors
from binarycop.printable import printable

COMMANDS = {
    "run": "run the gate until its source ends or it is stopped",
    "check-config": "check the settings and print those that apply",
    "replay": "run recordings through the service, without hardware",
    "evaluate": "classify labelled pictures and count the right answers",
    "classify": "find the faces of pictures and say how each wears the mask, on the overlay if it is loaded and free",
    "bench": "measure this machine: networks, detectors, frames, gates, start, memory; compare two runs",
    "selftest": "check the bundle's files and golden vectors, and classify a drawn face",
    "bundle": "list, install, roll back and self-test the bundles of this board",
    "lines": "test the wiring: show every line, watch the inputs, pulse an output, test all of them",
    "doctor": "look everything over, from the settings to the disk, and say what to do",
    "aim": "help to mount the camera: what it sees in numbers, and a judgement; the relay stays off",
    "status": "show how the running daemon is: gates, cameras, lines, the person in front, latency",
    "events": "show the gate's events of all boots, from the journal",
    "stats": "count and draw what the gates did over a time, from the journal",
    "metrics": "print the gates' figures for Prometheus, from the journal",
    "write-journal": "write the daemon's events to journald; systemd starts it",
    "load-overlay": "load the bundle's bitstream and test it (root)",
    "relay-off-list": "write the list of lines that gate-release drives (root)",
    "import-build": "check a FINN build and copy it into its bundle",
}
"""What each subcommand does. Its module has the same name, and is imported only when it is used."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LISTS = frozenset({"check-config", "events", "metrics", "stats"})
"""Commands that only print what is there. A reader that has seen enough of it, as ``head``, is a success."""


def parser(names: Iterable[str] = COMMANDS, listed: Iterable[str] = COMMANDS) -> ArgumentParser:
    """The command line: the subcommands ``listed``, with the arguments of those of these names."""
    top = ArgumentParser(
        prog="binarycop",
        description="Gate controller: classifies how a face mask is worn, and grants or refuses permission.",
        epilog=exit_codes.listed(exit_codes.MEANINGS),
    )
    top.add_argument("--version", action="version", version=f"binarycop {__version__}")
    commands = top.add_subparsers(prog=top.prog, dest="command", required=True, metavar="COMMAND")
    parsers = {name: commands.add_parser(name, help=COMMANDS[name]) for name in listed}
    for name in names:
        importlib.import_module(f"binarycop.cli.{name.replace('-', '_')}").add(parsers[name])
        _add_texts(parsers[name], name, COMMANDS[name], "")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit code. Raises SystemExit after a help and for wrong arguments."""
    standard_output.prepare()
    arguments = sys.argv[1:] if arguments is None else arguments
    # On a board OpenCV alone takes seconds to import, and most subcommands do without.
    command = [name for name in arguments if name in COMMANDS][:1]
    code = 0 if _LISTS.intersection(command) else exit_codes.NOT_WRITTEN  # until the command has finished
    try:
        with orderly_end():
            code = _run(command, arguments)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where an error can still be reported
        return code
    except BrokenPipeError as error:
        if error.filename not in standard_output.NAMES:  # of a socket, say: that is a fault of the program
            raise
        # The reader of our output has ended, as `head` does. Python must not report it again when it flushes.
        sys.stdout = None
        return code
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except OSError as error:
        # The standard output may also be a terminal that is gone.
        if error.errno not in _FULL and error.filename not in standard_output.NAMES:
            raise
        print_error(f"{error.filename or 'a file'} cannot be written: {error.strerror}")
        sys.stdout = None
        return exit_codes.NOT_WRITTEN


def _run(command: Sequence[str], arguments: Sequence[str]) -> int:
    """Parse the arguments, run the command, and report the error that ends it. Returns the exit code."""
    as_json = "--json" in arguments
    try:
        # The arguments after a command's name belong to that command: the other commands need no parser.
        listed = command if command and arguments[0] == command[0] else COMMANDS
        options = parser(command, listed).parse_args(arguments)
        as_json = getattr(options, "json", False)
        code: int = options.run(options)
        return code
    except BinaryCoPError as error:
        problems = error.problems if isinstance(error, (SettingsErrors, SourceErrors)) else (error,)
        texts = [str(problem) for problem in problems]
        for text in texts:
            print_error(text)
        code = exit_codes.code_of(error)
        if as_json:
            _print_error("; ".join(texts), code)
        return code
    except WrongArguments as error:
        if as_json:
            _print_error(error.message, exit_codes.WRONG_ARGUMENTS)
        raise
    except SystemExit:
        try:
            sys.stdout.flush()  # a help
        except BrokenPipeError:  # its reader has seen enough
            sys.stdout = None
        raise


def _print_error(text: str, code: int) -> None:
    import json  # noqa: PLC0415 - the journal's writer does without

    try:
        print(json.dumps({"event": "error", "error": printable(text), "exit_code": code}), flush=True)
    except BrokenPipeError:  # it was said on standard error, too, and the exit code stays what it is
        sys.stdout = None


def _add_texts(parser: argparse.ArgumentParser, name: str, words: str, epilog: str) -> None:
    """The first and the last text of the help of a command and of all below it. epilog: that of the command above."""
    parser.description = parser.description or f"{words[:1].upper()}{words[1:]}."
    parser.epilog = HELP[name].epilog if name in HELP else epilog
    for nested, sentence, command in commands_of(parser):
        _add_texts(command, f"{name} {nested}", sentence, parser.epilog)
