"""``binarycop bundle``: the bundle versions of a board, and what makes one of them known good."""

import argparse
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

import binarycop
from binarycop.bundle import manifest as manifests
from binarycop.bundle.store import ROOT, BundleStore, Moment, SelfTestResult, Version
from binarycop.cli.exit_codes import IN_USE
from binarycop.cli.options import add_config, add_json, print_json, seconds
from binarycop.cli.terminal import Terminal, Words, bold, ok, print_note, warn
from binarycop.clock import MonotonicClock
from binarycop.errors import BundleError, BundleStoreError, OverlayInUse
from binarycop.journal.events import Event, Level
from binarycop.journal.writers import is_under_systemd, open_journal, print_to_stderr
from binarycop.service import unit
from binarycop.settings.classifier import Backend
from binarycop.settings.load import load

SELF_TEST_LIMIT_S = 120
CONFIRM_AFTER_S = 600.0
_MAX_NAMED = 8
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--root", type=Path, default=ROOT, metavar="FOLDER", help=f"the bundle store (default: {ROOT})")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="show every version, and which is in use")
    listing.set_defaults(work=_list)
    install = verbs.add_parser("install", help="copy a bundle into the store and use it from the next start on")
    install.add_argument("folder", type=Path, metavar="FOLDER", help="the bundle's folder")
    install.add_argument(
        "--packaged",
        "--shipped",
        action="store_true",
        help="it comes with the package: a version that was installed by hand stays in use",
    )
    install.set_defaults(work=_install)
    rollback = verbs.add_parser("rollback", help="use the last version that is known good here")
    rollback.add_argument("name", metavar="NAME", help="cnv, n-cnv, u-cnv")
    rollback.set_defaults(work=_rollback)
    ensure = verbs.add_parser("ensure", help="self-test the bundle of the settings, and roll back if it fails")
    add_config(ensure)
    ensure.set_defaults(work=_ensure)
    confirm = verbs.add_parser("confirm", help="make the version on trial known good, if the daemon works with it")
    confirm.add_argument(
        "--after",
        dest="after_s",
        type=seconds(86_400),
        default=CONFIRM_AFTER_S,
        metavar="SECONDS",
        help=f"how long the daemon must have worked since its start (default: {CONFIRM_AFTER_S:g})",
    )
    confirm.set_defaults(work=_confirm)
    for verb in (listing, install, rollback, ensure, confirm):
        add_json(verb)
        verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run one verb.

    Raises SettingsErrors, BundleError if a bundle is refused, BundleStoreError if the store cannot be used.
    """
    # The daemon reads the store as another user, whatever the umask of a unit or a shell.
    os.umask(0o022)
    # The self-test runs in another folder.
    options.root = options.root.absolute()
    options.work(options)
    return 0


def _list(options: argparse.Namespace) -> None:
    versions = BundleStore(options.root).versions()
    for version in versions:
        _show(version, options)
    if not versions:
        print_note(f"there is no bundle in {options.root}; binarycop bundle install FOLDER puts one there")


def _install(options: argparse.Namespace) -> None:
    others = _not_listed(options.folder)
    _show(BundleStore(options.root).install(options.folder, packaged=options.packaged), options)
    if others:
        print_note(f"not installed, since {manifests.FILE} does not list it: {others}")


def _not_listed(folder: Path) -> str:
    """The files of a folder that are not the bundle's, such as a bitstream that somebody has only copied into it."""
    known = {manifests.FILE, *manifests.read_header(folder).sha256}
    others = sorted(path.name for path in folder.iterdir() if path.name not in known)
    more = f" and {len(others) - _MAX_NAMED} more" if len(others) > _MAX_NAMED else ""
    return ", ".join(others[:_MAX_NAMED]) + more


def _rollback(options: argparse.Namespace) -> None:
    _show(BundleStore(options.root).rollback(options.name), options)


def _ensure(options: argparse.Namespace) -> None:
    """Self-test the version in use, and roll back if it fails. Raises BundleError if no version passes."""
    settings = load(options.config).settings
    classifier = settings.classifier
    if "/" in classifier.bundle:
        _log(f"{classifier.bundle} is not in the bundle store: no self-test, and no version to roll back to")
        if options.json:
            print_json({"name": classifier.bundle, **asdict(SelfTestResult("", tested=False))})
        return
    # The self-test of an overlay loads it; that of any other backend is what the daemon does at its start.
    command = "load-overlay" if classifier.backend is Backend.OVERLAY else "selftest"
    self_test = partial(_self_test, command, options.config)
    state = unit.read()
    failures = state.restarts if state else 0
    result = BundleStore(options.root).prepare_start(classifier.bundle, self_test, _now(), failures)
    if result.refused:
        fields = {"refused": result.refused, "version": result.version, "reason": result.reason}
        journal = open_journal(settings.journal.target, os.environ, MonotonicClock())
        journal.write(Event.BUNDLE_BACK, "", bundle=classifier.bundle, **fields)
        journal.close()
    else:
        how = "passed its self-test and is on trial" if result.tested else "is known good, and is unchanged"
        _log(f"{classifier.bundle}: {result.version} {how}")
    if options.json:
        print_json({"name": classifier.bundle, **asdict(result)})


def _confirm(options: argparse.Namespace) -> None:
    """Make what is on trial known good, if the daemon has worked with it for long enough and has judged somebody."""
    state = unit.read()
    if state is None:
        _log("nothing to confirm: systemd does not answer, so it is not known whether the daemon has worked")
        return
    confirmed = []
    now = _now()
    if state.has_worked(now.monotonic_s, options.after_s):
        confirmed = BundleStore(options.root).confirm(Moment(now.boot, state.started_s))
    for version in confirmed:
        _show(version, options)
    if not confirmed:
        _log(f"nothing to confirm yet: it takes {options.after_s:g} s in service, and one person permitted or refused")


def _self_test(command: str, config: Path | None, folder: Path) -> None:
    """Run the self-test as a process of its own, so that a crash or a hang is a failure too.

    Raises BundleError, or OverlayInUse if another program uses the overlay, which says nothing of the bundle.
    """
    arguments = [command, "--bundle", str(folder), *(["--config", str(config.absolute())] if config else [])]
    packages = str(Path(binarycop.__file__).resolve().parents[1])
    try:
        process = subprocess.run(
            [sys.executable, "-m", "binarycop", *arguments],
            env={**os.environ, "PYTHONPATH": packages},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            timeout=SELF_TEST_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BundleError(folder, f"{command} has not ended within {SELF_TEST_LIMIT_S} s") from error
    if process.returncode:
        why = _why_failed(command, process.returncode, process.stderr)
        if process.returncode == IN_USE:
            raise OverlayInUse(why.removeprefix("overlay: "))
        raise BundleError(folder, why.removeprefix(f"bundle {folder}: "))


def _why_failed(command: str, code: int, errors: str) -> str:
    if code < 0:
        return f"{command} was ended by {signal.Signals(-code).name}"
    last_line = (errors.strip().splitlines() or [""])[-1].removeprefix("binarycop: ")
    return last_line or f"{command} ended with {code}"


def _now() -> Moment:
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError as error:
        raise BundleStoreError(_BOOT_ID, error.strerror or str(error)) from error
    return Moment(boot, MonotonicClock().now_s())


def _show(version: Version, options: argparse.Namespace) -> None:
    if options.json:
        print_json(asdict(version))
        return
    marks: tuple[tuple[Words, bool], ...] = (
        (bold("in use"), version.in_use),
        (ok("known good"), version.known_good),
        ("packaged", version.packaged),
        (warn("on trial"), version.on_trial),
    )
    shown = [mark for mark, has_it in marks if has_it]
    between = [part for mark in shown for part in (", ", mark)][1:]
    Terminal().print(f"{version.name}  {version.version}", *(("  ", *between) if shown else ()))


def _log(text: str) -> None:
    priority = f"<{Level.INFO.value}>" if is_under_systemd() else ""
    print_to_stderr(f"{priority}binarycop: {text}")
