"""``binarycop run``: the daemon."""

import argparse
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from binarycop.cli.console import Console, counts_text, latency_text
from binarycop.cli.left_out import print_source
from binarycop.cli.options import (
    add_classifier,
    add_config,
    add_finder,
    add_json,
    add_trace,
    print_json,
    refuse,
    settings_of,
    tracer_of,
    with_source,
)
from binarycop.cli.terminal import Terminal
from binarycop.errors import SourceError
from binarycop.frames.names import absence, is_camera
from binarycop.journal.writers import is_under_systemd, print_to_stderr
from binarycop.service.notify import Notifier
from binarycop.settings.files import unread
from binarycop.settings.schema import Settings

if TYPE_CHECKING:
    from binarycop.service.daemon import RunSummary

_COUNTS = ("frames", "persons", "permits", "refusals", "undecided", "passed")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--source", metavar="SOURCE", help="demo, a camera (0), a clip or a folder; for the first gate")
    add_config(parser)
    add_classifier(parser)
    add_finder(parser)
    add_trace(parser)
    words = "answer `binarycop status --socket PATH` there, for this user only; under systemd the socket is the unit's"
    parser.add_argument("--status-socket", type=Path, metavar="PATH", help=words)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the daemon until all sources have ended or a signal stops it. Raises SourceErrors if one gave no frame."""
    # OpenCV takes seconds to import on a board, and the help does without.
    from binarycop.service.daemon import run_daemon  # noqa: PLC0415

    if options.trace is not None and Notifier.from_environment(os.environ).has_manager:
        return refuse("--trace: a service of systemd writes no files; run it in a terminal", options)
    if options.status_socket is not None and Notifier.from_environment(os.environ).has_manager:
        return refuse("--status-socket: a service of systemd has the socket of binarycop-status.socket", options)

    def load() -> Settings:
        settings = settings_of(options)
        return settings if options.source is None else with_source(settings, options.source)

    for note in unread(options.config):
        print_to_stderr(f"binarycop: {note}")
    if options.source is not None:
        if not is_camera(options.source) and (reason := absence(options.source)):
            raise SourceError(options.source, reason)  # a camera may be plugged in later
        print_source(options.source)
    # In a log, the display's lines would only take space.
    console = None if options.json or is_under_systemd() else Console()
    try:
        with tracer_of(options) as tracer:
            summary = run_daemon(load, console, tracer, options.status_socket)
    finally:
        if console:
            console.clear()
    with suppress(BrokenPipeError):  # the gate has ended in order, or its failure is what counts
        _print_summary(summary, as_json=options.json)
    if summary.failure is not None:
        raise summary.failure
    return 0


def _print_summary(summary: "RunSummary", *, as_json: bool) -> None:
    counts = {name: sum(getattr(counters, name) for counters in summary.counters) for name in _COUNTS}
    counts |= {"captured": summary.captured, "dropped": summary.dropped, "withheld": summary.withheld}
    most_interval_s = max((counters.most_interval_s for counters in summary.counters), default=0.0)
    if as_json:
        every_ms = round(1000 * most_interval_s) or None
        print_json({"event": "summary", **counts, "latency_ms": summary.latency_ms, "frames_seldom_every_ms": every_ms})
        return
    text = f"summary: {counts_text(counts)}, {latency_text(summary.latency_ms)}"
    print(Terminal().wrapped(text), flush=True)
    if most_interval_s:
        words = (
            f"frames came too seldom, one in {1000 * most_interval_s:.0f} ms at times: people may be left undecided or "
            "counted twice; another program took the processor, or the camera is slow"
        )
        print(Terminal().wrapped(words), flush=True)
