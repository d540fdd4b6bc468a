"""The daemon: opens its parts (``service.parts``), runs the loop, and closes the parts with the relay first."""

import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from binarycop.clock import MonotonicClock
from binarycop.errors import BinaryCoPError, SourceErrors
from binarycop.journal.events import Event
from binarycop.journal.repeats import LimitedJournal
from binarycop.journal.writers import open_journal, print_to_stderr
from binarycop.service import hardening, heap
from binarycop.service.hang_timer import HangTimer
from binarycop.service.journal_entries import Counters
from binarycop.service.notify import Notifier
from binarycop.service.parts import open_parts
from binarycop.service.reload import SettingsReader
from binarycop.service.snapshot import LaneSnapshot
from binarycop.service.status_recorder import StatusRecorder
from binarycop.service.status_server import open_status
from binarycop.service.systemd_link import SystemdLink
from binarycop.service.watchdog import Watchdog
from binarycop.settings.schema import Settings
from binarycop.trace import NO_TRACER, Tracer

_COUNTS = ("persons", "permits", "refusals", "undecided", "passed")


class Display(Protocol):
    """Shows a running daemon on a terminal."""

    def show(self, snapshots: list[LaneSnapshot], latency_ms: float | None) -> None:
        """Show the state of all lanes, and the latency of the newest frame."""

    def print_line(self, line: str) -> None:
        """Print a line of the journal."""


@dataclass(frozen=True)
class RunSummary:
    """What the daemon did.

    counters: of each gate. latency_ms: its percentiles. failure: of the sources that have ended without a frame; None
    if there are none, or a signal stopped the daemon.
    """

    counters: tuple[Counters, ...]
    captured: int
    dropped: int
    withheld: int
    latency_ms: dict[str, float | None]
    failure: SourceErrors | None
    was_stopped: bool


def run_daemon(
    load: Callable[[], Settings],
    display: Display | None,
    tracer: Tracer = NO_TRACER,
    status_socket: Path | None = None,
) -> RunSummary:
    """Run until all sources have ended, or until a signal stops it.

    load: reads the settings, now and for each reload. status_socket: where it answers ``binarycop status``; None: on
    systemd's socket, if there is one. Only for the main thread. Raises BinaryCoPError.
    """
    # A core dump would hold frames of people.
    hardening.forbid_dumps()
    heap.use_one_arena()
    settings = load()
    notifier = Notifier.from_environment(os.environ)
    stop_requested, reload_requested = _handle_signals(notifier)
    clock = MonotonicClock()
    print_line = display.print_line if display else print_to_stderr
    journal = LimitedJournal(open_journal(settings.journal.target, os.environ, clock, print_line), clock)
    with _last_words(journal), ExitStack() as opened:
        status = opened.enter_context(open_status(status_socket, os.environ, clock))
        parts = open_parts(settings, journal, notifier, clock, tracer, opened)
        service, loop = parts.service, parts.loop
        watchdog = Watchdog.from_environment(os.environ, os.getpid())
        systemd = SystemdLink(
            settings, service, loop.stages, notifier, watchdog, journal, SettingsReader(load), reload_requested
        )
        recorder = None
        if status is not None:
            recorder = StatusRecorder(
                parts.origin, parts.finders, settings, service, loop, systemd, status.publish, clock.now_s()
            )
        hang_timer = HangTimer(settings.service.hang_s)

        def on_step() -> None:
            # A perception that hangs does not stop this loop; the timer still ends the process.
            hang_timer.restart(service.runner.busy_s())
            now_s = clock.now_s()
            systemd.step(now_s)
            journal.flush()
            if recorder:
                recorder.step(now_s)
            if display:
                display.show([lane.snapshot(now_s) for lane in service.lanes], loop.latencies.newest_ms)

        notifier.send("STATUS=starting: waiting for the first frame")
        heap.settle()
        with hang_timer:
            loop.run(stop_requested.is_set, on_step)
        # The relays first, then the journal: it may wait for its writer.
        opened.close()
        notifier.send("STOPPING=1")
        summary = RunSummary(
            tuple(lane.counters for lane in service.lanes),
            loop.captured,
            loop.dropped,
            loop.withheld,
            loop.latencies.percentiles(),
            None if stop_requested.is_set() else loop.failure,
            stop_requested.is_set(),
        )
        reason = "on request" if summary.was_stopped else str(summary.failure or "every source has ended")
        journal.write(Event.STOPPED, "", reason=reason, **_counts(summary))
    return summary


@contextmanager
def _last_words(journal: LimitedJournal) -> Iterator[None]:
    """Write what waits at the end, and an error before it if the daemon's standard error may be closed by then."""
    try:
        yield
    except Exception as error:
        if journal.has_writer:
            journal.write(Event.FAILED, "", reason=_describe(error))
        raise
    finally:
        journal.close()


def _describe(error: Exception) -> str:
    if isinstance(error, BinaryCoPError):
        return str(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}: {error}"


def _counts(summary: RunSummary) -> dict[str, int]:
    """The fields of the event ``stopped``: once the daemon runs, its standard output is closed."""
    names = {"processed": "frames", **{name: name for name in _COUNTS}}
    sums = {field: sum(getattr(lane, name) for lane in summary.counters) for field, name in names.items()}
    return {**sums, "captured": summary.captured, "dropped": summary.dropped, "withheld": summary.withheld}


def _handle_signals(notifier: Notifier) -> tuple[threading.Event, threading.Event]:
    """Let signals request a stop or a reload; returns one flag for each."""
    stop_requested, reload_requested = threading.Event(), threading.Event()
    # Without a handler, each of these would end the process and leave the relay at its level.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda *_: stop_requested.set())
    # Ctrl-Z, or output as a background job, would stop the process with the relay on.
    for number in (signal.SIGTSTP, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    if notifier.has_manager:
        # systemd reloads with SIGHUP. On a terminal, SIGHUP means that the terminal is gone.
        signal.signal(signal.SIGHUP, lambda *_: reload_requested.set())
    return stop_requested, reload_requested
