"""``binarycop aim``: helps to mount the camera, with the lines held and the relay off."""

import argparse
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from binarycop.cli.options import (
    add_classifier,
    add_config,
    add_finder,
    add_gate,
    add_json,
    chosen_gate,
    print_json,
    seconds,
    settings_of,
)
from binarycop.cli.screen import Screen
from binarycop.cli.terminal import Span, Terminal
from binarycop.clock import Clock, MonotonicClock
from binarycop.journal.writers import TextJournal, print_to_stderr
from binarycop.settings.gate import Fail
from binarycop.settings.schema import LaneSettings

if TYPE_CHECKING:
    from binarycop.aim.parts import Parts
    from binarycop.cli.aim_screen import Heading

_MAX_S = 86_400.0
_EVERY_S, _EVERY_S_IN_A_PIPE = 0.2, 1.0


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    words = "instead of the gate's own source: demo, a camera (0), a clip or a folder"
    parser.add_argument("--source", metavar="SOURCE", help=words)
    parser.add_argument(
        "--seconds", type=seconds(_MAX_S), metavar="N", help="end after N seconds (default: Ctrl-C ends it)"
    )
    add_gate(parser)
    add_config(parser)
    add_classifier(parser)
    add_finder(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show what the camera sees, in numbers, until the source ends, the time is over, or a signal comes.

    Raises LineError if a line cannot be held, SourceError if the source gives no frame. Exits with code 2 if there is
    no such gate.
    """
    # OpenCV takes seconds to import on a board, and the help does without.
    from binarycop.aim.parts import naming_the_daemon, open_parts  # noqa: PLC0415
    from binarycop.service import hardening  # noqa: PLC0415

    hardening.forbid_dumps()  # a core dump would hold frames of people
    settings = settings_of(options)
    lane = chosen_gate(options, settings)
    if options.source is not None:
        lane = replace(lane, frames=replace(lane.frames, source=options.source))
    clock, journal = MonotonicClock(), TextJournal(print_to_stderr)
    with naming_the_daemon(), open_parts(settings, lane, clock, journal) as parts, _stop_signals() as stop:
        end_s = None if options.seconds is None else clock.now_s() + options.seconds

        def is_over() -> bool:
            has_time = end_s is None or clock.now_s() < end_s
            return stop.is_set() or parts.session.is_over or not has_time

        return _show(parts, lane, options, clock, is_over)


def _show(
    parts: "Parts", lane: LaneSettings, options: argparse.Namespace, clock: Clock, is_over: Callable[[], bool]
) -> int:
    from binarycop.cli.aim_json import judgement_as_json, view_as_json  # noqa: PLC0415
    from binarycop.cli.aim_screen import judgement_lines, line, screen  # noqa: PLC0415

    terminal, heading, session = Terminal(), _heading(parts, lane), parts.session
    repaints = terminal.can_repaint and not options.json
    every_s = _EVERY_S if repaints or options.json else _EVERY_S_IN_A_PIPE
    due_s = clock.now_s()
    with Screen(terminal) as painted:
        while not is_over():
            session.step()
            if clock.now_s() < due_s:
                continue
            due_s = max(due_s + every_s, clock.now_s())
            view = session.view()
            if options.json:
                print_json(view_as_json(view, heading, is_relay_on=parts.held.is_relay_on))
            elif repaints:
                painted.show(screen(view, heading, is_relay_on=parts.held.is_relay_on))
            else:
                terminal.print(line(view, heading))
                terminal.stream.flush()
        view = session.view()
        if repaints:
            # The judgement is printed again below, with all its rows.
            view = replace(view, judgement=None)
            painted.show(screen(view, heading, is_relay_on=parts.held.is_relay_on)[:-1])
    judgement = session.judgement()
    if options.json:
        print_json(judgement_as_json(judgement, heading))
        return 0
    for row in judgement_lines(judgement, heading, view.elapsed_s):
        terminal.print(*([row] if isinstance(row, (str, Span)) else row))
    return 0


def _heading(parts: "Parts", lane: LaneSettings) -> "Heading":
    from binarycop.cli.aim_screen import Heading  # noqa: PLC0415

    return Heading(
        gate=lane.name,
        source=lane.frames.source,
        lines=parts.lines,
        least_px=lane.faces.least_px,
        votes=lane.verdict.votes,
        lead_needed=max(parts.margin, 1),
        opens_when_off=lane.gate.fail is Fail.OPEN,
    )


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Within the block, SIGINT and SIGTERM set the flag instead of ending the process."""
    stop, numbers = threading.Event(), (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
