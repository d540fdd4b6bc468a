"""``binarycop run``: the daemon."""

import argparse
import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event as Flag
from typing import Any

from binarycop.cli.console import Console
from binarycop.cli.options import add_classifier, add_config, add_finder, add_json, print_json, settings_of
from binarycop.clock import MonotonicClock
from binarycop.errors import SourceError
from binarycop.frames.choose import DEMO, is_recording
from binarycop.journal.events import Event
from binarycop.journal.writers import Journal, is_under_systemd, open_journal, print_to_stderr
from binarycop.lines import relay_off_list
from binarycop.lines.factory import open_factory, resolve
from binarycop.service import hardening
from binarycop.service.assembly import build, detector_of, open_bundle_or_fallback, tracker_of
from binarycop.service.hang_timer import HangTimer
from binarycop.service.live import LiveLoop, grabber_for
from binarycop.service.notify import Notifier
from binarycop.service.reload import SettingsReader
from binarycop.service.supervisor import Supervisor
from binarycop.service.watchdog import Watchdog
from binarycop.settings.classifier import Backend, ClassifierSettings, MemoryAccess
from binarycop.settings.faces import DetectorKind
from binarycop.settings.schema import Settings


def add(commands: Any) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("run", help="run the gate until its source ends or it is stopped")
    parser.add_argument("--source", metavar="SOURCE", help="demo, a camera (0), a clip or a folder; for the first gate")
    add_config(parser)
    add_classifier(parser)
    add_finder(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the service until every source has ended, or a signal asks it to end; both are exit code 0."""
    # A core dump would hold frames of people.
    hardening.forbid_dumps()
    load = partial(_settings, options)
    settings = load()
    notifier = Notifier.of(os.environ)
    stopped, asked_to_reload = Flag(), Flag()
    # Each of these would otherwise end the process with the relay as it is.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda *_: stopped.set())
    if notifier.is_heard:
        # Elsewhere a hang-up says that the terminal has gone.
        signal.signal(signal.SIGHUP, lambda *_: asked_to_reload.set())
    # What moves on a screen would only fill a log.
    console = None if options.json or is_under_systemd() else Console()
    journal = open_journal(settings.journal.target, console.print_line if console else print_to_stderr)

    notifier.say(f"STATUS=starting: bundle {settings.classifier.bundle} is held to its golden vectors")
    bundle, classifier = open_bundle_or_fallback(settings.classifier, journal)
    finders = [detector_of(lane) for lane in settings.gates]
    pursuits = [tracker_of(lane, finder, in_thread=True) for lane, finder in zip(settings.gates, finders)]
    clock = MonotonicClock()
    is_live = any(not is_recording(lane.frames.source) for lane in settings.gates)
    lines = resolve(settings.gates[0].lines.factory, is_live=is_live)
    if "RUNTIME_DIRECTORY" in os.environ:
        relay_off_list.write(Path(os.environ["RUNTIME_DIRECTORY"]), settings.gates, lines)
    with open_factory(lines) as factory:
        service = build(settings, bundle, classifier, pursuits, factory, journal, clock)
        if notifier.is_heard and not _loads_overlays(settings.classifier):
            _seal(journal)
        grabbers = [grabber_for(lane.frames, clock) for lane in settings.gates]
        # The service is the inner one: its coils are released before a camera is waited for.
        with LiveLoop(service, grabbers, clock) as loop, service:
            for lane, finder in zip(settings.gates, finders):
                journal.write(
                    Event.STARTED,
                    lane.name,
                    bundle=bundle.manifest.name,
                    version=bundle.manifest.version,
                    backend=classifier.name,
                    finder=_say_finder(finder.name, lane.faces.finder, lane.frames.source),
                    source=lane.frames.source,
                    lines=lines,
                    policy=lane.gate.policy.value,
                )

            watchdog = Watchdog.of(os.environ, os.getpid())
            supervisor = Supervisor(
                settings, service, loop.stages, notifier, watchdog, journal, SettingsReader(load), asked_to_reload
            )
            notifier.say("STATUS=starting: waiting for the first frame")

            def show() -> None:
                hang_timer.restart()
                now_s = clock.now_s()
                supervisor.step(now_s)
                if console:
                    console.show([lane.snapshot(now_s) for lane in service.lanes], loop.latencies.newest_ms)

            with HangTimer(settings.service.hang_s) as hang_timer:
                loop.run(stopped.is_set, show)
        notifier.say("STOPPING=1")
        if console:
            console.clear()
        journal.write(Event.STOPPED, "", reason="asked to" if stopped.is_set() else "every source has ended")
        _summarise(loop, [lane.counters for lane in service.lanes], as_json=options.json)
    if loop.captured == 0 and not stopped.is_set():
        raise SourceError(settings.gates[0].frames.source, "gave no frame")
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    settings, source = settings_of(options), options.source
    if source is None:
        return settings
    first, *others = settings.gates
    first = replace(first, frames=replace(first.frames, source=source))
    return replace(settings, gates=(first, *others))


def _loads_overlays(settings: ClassifierSettings) -> bool:
    """pynq writes files, and starts a program, when it loads an overlay anew."""
    return settings.backend is not Backend.EMULATOR and settings.overlay.memory is MemoryAccess.PYNQ


def _seal(journal: Journal) -> None:
    """Nothing is written or started from here on. What cannot be forbidden is said; the unit's sandbox still stands."""
    hardening.forbid_writing()
    try:
        hardening.forbid_programs()
    except OSError as error:
        journal.write(Event.NOT_SEALED, "", reason=error.strerror or str(error))


def _say_finder(name: str, asked: DetectorKind, source: str) -> str:
    if asked is not DetectorKind.AUTO or name != "fixed":
        return name
    return f"{name} (drawn heads stand on a marked spot)" if source == DEMO else f"{name} (no finder ships yet)"


def _summarise(loop: LiveLoop, tallies: list[Any], *, as_json: bool) -> None:
    names = ("frames", "persons", "permits", "refusals", "undecided", "passed")
    summary: dict[str, Any] = {name: sum(getattr(tally, name) for tally in tallies) for name in names}
    summary |= {"captured": loop.captured, "dropped": loop.dropped, "latency_ms": loop.latencies.percentiles()}
    if as_json:
        print_json({"event": "summary", **summary})
        return
    latency = summary.pop("latency_ms")
    text = ", ".join(f"{value} {name}" for name, value in summary.items())
    print(f"summary: {text}, latency p50 {latency['p50']} ms, p99 {latency['p99']} ms", flush=True)
