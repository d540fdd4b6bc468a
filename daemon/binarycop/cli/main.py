"""Arguments in, exit code out. Each subcommand is a module with ``add`` and ``run``."""

import argparse
import sys
from collections.abc import Sequence

from binarycop import __version__
from binarycop.cli import (
    bench,
    check_config,
    evaluate,
    events,
    import_build,
    lines,
    load_overlay,
    replay,
    run,
    selftest,
)
from binarycop.errors import (
    BackendError,
    BinaryCoPError,
    BundleError,
    DetectorError,
    FactoryError,
    JournalError,
    LineError,
    OverlayLoadDenied,
    OverlayMissing,
    SettingsError,
    SettingsErrors,
    SourceError,
)

_EXIT_CODES: tuple[tuple[type[BinaryCoPError], int], ...] = (
    (SettingsError, 3),
    (SettingsErrors, 3),
    (BundleError, 4),
    (SourceError, 5),
    (LineError, 6),
    (FactoryError, 6),
    (OverlayMissing, 8),
    (OverlayLoadDenied, 8),
    (BackendError, 7),
    (DetectorError, 7),
    (JournalError, 9),
)

_HELP = """exit codes:
  0  done
  1  an error that should not be: please report it
  2  wrong arguments
  3  settings are wrong
  4  the bundle is refused
  5  a camera, clip or folder gives no frames
  6  a GPIO line cannot be had or driven
  7  the classifier or the face finder cannot run
  8  the overlay must be loaded (again), by load-overlay and with the right to; then start anew
  9  the journal cannot be read
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="binarycop",
        description="Speed-gate controller: looks how a mask is worn, and gives or withholds the gate's permission.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"binarycop {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (run, check_config, replay, evaluate, bench, selftest, lines, events, load_overlay, import_build):
        module.add(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        return code
    except BinaryCoPError as error:
        print(f"binarycop: {error}".replace("\n", "\nbinarycop: "), file=sys.stderr)
        return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain again when it flushes.
        sys.stdout = None
        return 0
