"""The program ``binarycop-bundle``: which version of each bundle a board uses, and ``ready`` before each start."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import binarycop
from binarycop.bundle.store import ROOT, BundleStore, Version
from binarycop.errors import BundleError, SettingsErrors
from binarycop.journal.events import Event, Level
from binarycop.journal.writers import is_under_systemd, open_journal
from binarycop.settings.classifier import Backend
from binarycop.settings.load import load

TRIAL_S = 120
_SETTINGS_WRONG, _BUNDLE_REFUSED = 3, 4

_HELP = """exit codes:
  0  done
  2  wrong arguments
  3  settings are wrong
  4  the bundle is refused, or no version of it passes its self-test
  5  the shelf cannot be read or written
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="binarycop-bundle",
        description="Installs bundles side by side, and goes back to the last good one where a self-test fails.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--root", type=Path, default=ROOT, metavar="FOLDER", help=f"the shelf (default: {ROOT})")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="show every version, and which is in use")
    install = commands.add_parser("install", help="copy a bundle in and use it from the next start on")
    install.add_argument("folder", type=Path, metavar="FOLDER", help="the bundle's folder")
    install.add_argument("--shipped", action="store_true", help="leave one that was installed by hand in use")
    back = commands.add_parser("back", help="use the last version that has passed its self-test here")
    back.add_argument("name", metavar="NAME", help="cnv, n-cnv, u-cnv")
    ready = commands.add_parser("ready", help="self-test what the settings name, and go back where it fails")
    ready.add_argument("--config", type=Path, metavar="FILE", help="settings (default: those of the system)")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = parser().parse_args(arguments)
    # The daemon reads the shelf as another user, whatever the umask of a unit or a shell.
    os.umask(0o022)
    try:
        return _run(options)
    except (BundleError, SettingsErrors) as error:
        _say(Level.ERROR, str(error))
        return _SETTINGS_WRONG if isinstance(error, SettingsErrors) else _BUNDLE_REFUSED
    except OSError as error:
        _say(Level.ERROR, f"{error.filename or options.root}: {error.strerror}")
        return 5


def _run(options: argparse.Namespace) -> int:
    if options.command == "ready":
        return _ready(options)
    shelf = BundleStore(options.root, lambda _: None)
    if options.command == "install":
        _show(shelf.install(options.folder, shipped=options.shipped))
    elif options.command == "back":
        _show(shelf.rollback(options.name))
    else:
        for version in shelf.versions():
            _show(version)
    return 0


def _ready(options: argparse.Namespace) -> int:
    """Raises BundleError where no version passes."""
    settings = load(options.config).settings
    classifier = settings.classifier
    if "/" in classifier.bundle:
        _say(Level.INFO, f"{classifier.bundle} is a folder of its own: there is no other version to go back to")
        return 0
    # The overlay is proven by loading it; everything else by what the daemon does at its start.
    command = "load-overlay" if classifier.backend is Backend.OVERLAY else "selftest"
    shelf = BundleStore(options.root, lambda folder: _try_it(command, folder, options.config))
    result = shelf.ensure_known_good(classifier.bundle)
    if result.refused:
        told = {"refused": result.refused, "version": result.version, "reason": result.reason}
        open_journal(settings.journal.target).write(Event.BUNDLE_BACK, "", bundle=classifier.bundle, **told)
    else:
        how = "passed its self-test" if result.tried else "has passed its self-test before, and is unchanged"
        _say(Level.INFO, f"{classifier.bundle}: {result.version} {how}")
    return 0


def _try_it(command: str, folder: Path, config: Path | None) -> None:
    """The self-test in a process of its own: a crash or a hang is a failure too. Raises BundleError."""
    arguments = [command, "--bundle", str(folder), *(["--config", str(config)] if config else [])]
    path = str(Path(binarycop.__file__).resolve().parents[1])
    try:
        done = subprocess.run(
            [sys.executable, "-m", "binarycop", *arguments],
            env={**os.environ, "PYTHONPATH": path},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            timeout=TRIAL_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BundleError(folder, f"{command} has not ended within {TRIAL_S} s") from error
    if done.returncode:
        raise BundleError(folder, _reason(command, done.returncode, done.stderr))


def _reason(command: str, code: int, errors: str) -> str:
    last = (errors.strip().splitlines() or [""])[-1].removeprefix("binarycop: ")
    if code < 0:
        return f"{command} was ended by {signal.Signals(-code).name}"
    return last or f"{command} ended with {code}"


def _show(version: Version) -> None:
    marks = [
        word
        for word, is_so in (("in use", version.in_use), ("proven", version.proven), ("shipped", version.shipped))
        if is_so
    ]
    print(f"{version.name}  {version.version}  {', '.join(marks)}".rstrip())


def _say(level: Level, text: str) -> None:
    priority = f"<{level.value}>" if is_under_systemd() else ""
    print(f"{priority}binarycop-bundle: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
