"""The program ``binarycop``. Each subcommand is a module with the functions ``add`` and ``run``."""

import argparse
import errno
import importlib
import sys
import textwrap
from collections.abc import Iterable, Sequence
from io import TextIOWrapper

from binarycop import __version__
from binarycop.errors import (
    BackendError,
    BinaryCoPError,
    BundleError,
    BundleStoreError,
    DetectorError,
    FactoryError,
    JournalError,
    LineError,
    OutputError,
    OverlayLoadDenied,
    OverlayMissing,
    SettingsError,
    SettingsErrors,
    SourceError,
    SourceErrors,
)
from binarycop.printable import printable

COMMANDS = {
    "run": "run the gate until its source ends or it is stopped",
    "check-config": "check the settings and print those that apply",
    "replay": "run recordings through the service, without hardware",
    "evaluate": "classify labelled pictures and count the right answers",
    "classify": "find the faces of pictures and say how each wears the mask",
    "bench": "measure this machine: networks, detectors, frames, gates, start, memory; compare two runs",
    "selftest": "check the bundle's files and golden vectors, and classify a drawn face",
    "bundle": "list, install, roll back and self-test the bundles of this board",
    "lines": "test the wiring: show every line, watch the inputs, pulse an output, test all outputs",
    "events": "show the gate's events of all boots, from the journal",
    "stats": "count and draw what the gates did over a time, from the journal",
    "metrics": "print the gates' figures for Prometheus, from the journal",
    "write-journal": "write the daemon's events to journald; systemd starts it",
    "load-overlay": "load the bundle's bitstream and test it (root)",
    "relay-off-list": "write the list of lines that gate-release drives (root)",
    "import-build": "check a FINN build and copy it into its bundle",
}
"""What each subcommand does. Its module has the same name, and is imported only when it is used."""

_EXIT_CODES: tuple[tuple[type[BinaryCoPError], int], ...] = (
    (SettingsError, 3),
    (SettingsErrors, 3),
    (BundleError, 4),
    (SourceError, 5),
    (SourceErrors, 5),
    (LineError, 6),
    (FactoryError, 6),
    (OverlayMissing, 8),
    (OverlayLoadDenied, 8),
    (BackendError, 7),
    (DetectorError, 7),
    (JournalError, 9),
    (BundleStoreError, 10),
    (OutputError, 11),
)

_FULL, _INTERRUPTED = 11, 130

_HELP = """exit codes:
   0  success
   1  unexpected error: please report it
   2  wrong arguments
   3  wrong settings
   4  the bundle was refused
   5  a camera, clip or folder gives no frames
   6  a GPIO line cannot be opened or driven, or an output fails the test (lines --walk)
   7  the classifier or the face detector cannot run, or the overlay (the circuit in the FPGA) has failed
   8  the overlay is not loaded, and this process may not load it: run load-overlay as root, then start again
   9  the journal cannot be read or written
  10  the bundle store of this board cannot be read or written
  11  an output file cannot be written, or the disk of the standard output is full
 130  interrupted with Ctrl-C
"""


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of a text, and wraps each that is longer than the terminal is wide."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = (
            textwrap.wrap(line, width, subsequent_indent="      " if line.startswith(" ") else "")
            for line in text.splitlines()
        )
        return "\n".join(f"{indent}{part}" for wrapped in lines for part in wrapped)


def parser(names: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """The command line: every subcommand, with the arguments of those of these names."""
    top = argparse.ArgumentParser(
        prog="binarycop",
        description="Gate controller: classifies how a face mask is worn, and grants or refuses permission.",
        epilog=_HELP,
        formatter_class=_HelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"binarycop {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    parsers = {name: commands.add_parser(name, help=words) for name, words in COMMANDS.items()}
    for name in names:
        importlib.import_module(f"binarycop.cli.{name.replace('-', '_')}").add(parsers[name])
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit code."""
    if isinstance(sys.stdout, TextIOWrapper):  # as standard error: a file's name may have letters that it cannot write
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:] if arguments is None else arguments
    # On a board OpenCV alone takes seconds to import, and most subcommands do without.
    command = [name for name in arguments if name in COMMANDS][:1]
    options = parser(command).parse_args(arguments)
    try:
        code: int = options.run(options)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where an error can still be reported
        return code
    except BinaryCoPError as error:
        problems = error.problems if isinstance(error, (SettingsErrors, SourceErrors)) else (error,)
        texts = [str(problem) for problem in problems]
        for text in texts:
            print(f"binarycop: {printable(text)}", file=sys.stderr)
        code = next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1)
        if getattr(options, "json", False):
            import json  # noqa: PLC0415 - the journal's writer does without

            print(json.dumps({"event": "error", "error": printable("; ".join(texts)), "exit_code": code}))
        return code
    except BrokenPipeError:
        # The reader of our output has ended, as `head` does. Python must not report it again when it flushes.
        sys.stdout = None
        return 0
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        print(f"binarycop: {printable(str(error))}", file=sys.stderr)
        sys.stdout = None
        return _FULL
