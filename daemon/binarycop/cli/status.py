"""``binarycop status``: the state of the running daemon, from its socket."""

import argparse
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from math import inf
from pathlib import Path
from typing import Any

from binarycop.cli import exit_codes, machine_state
from binarycop.cli.light_options import add_json, print_json, seconds
from binarycop.cli.machine_state import MachineState
from binarycop.cli.screen import Screen
from binarycop.cli.status_page import Page
from binarycop.cli.terminal import Terminal, Words, fail
from binarycop.errors import StatusDenied, StatusError
from binarycop.printable import printable
from binarycop.service import unit
from binarycop.service.status import Status
from binarycop.service.status_client import ask
from binarycop.service.status_codec import to_dict
from binarycop.service.status_socket import PATH
from binarycop.service.unit import DEGRADED, SEE_JOURNAL, UNIT, UnitState

_TURN_S = 0.5
_UNIT_TURNS = 20  # to ask systemd costs more than all the rest
_MAX_SECONDS = 86_400.0
_START = "systemctl start binarycop"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    words = f"where the daemon answers (default: {PATH}, which systemd makes)"
    parser.add_argument("--socket", type=Path, default=PATH, metavar="PATH", help=words)
    parser.add_argument("--watch", action="store_true", help="show it twice a second, until Ctrl-C")
    words = "with --watch: end after N seconds"
    parser.add_argument("--seconds", type=seconds(_MAX_SECONDS), metavar="N", help=words)
    add_json(parser)
    parser.set_defaults(run=run, fail=parser.error)


def run(options: argparse.Namespace) -> int:
    """The exit code says whether all gates are in service. Raises StatusError."""
    if options.watch:
        with suppress(KeyboardInterrupt):
            for_s = inf if options.seconds is None else options.seconds
            return _watch(options.socket, for_s, as_json=options.json)
        return 0
    if options.seconds is not None:
        options.fail("argument --seconds: only with --watch")
    status = _ask(options.socket)
    state, facts = _unit_of(status), machine_state.read(status.origin.pid)
    if options.json:
        print_json(_as_json(status, facts, state))
    else:
        terminal = Terminal()
        for line in _lines(status, facts, state, terminal):
            terminal.print(*line)
    return _code(status)


def _watch(path: Path, for_s: float, *, as_json: bool) -> int:
    """Show it again and again. Returns the exit code for the last answer. Raises StatusDenied."""
    terminal, end_s, turn = Terminal(), time.monotonic() + for_s, 0
    state: UnitState | None = None
    with Screen(terminal) as screen:
        while True:
            try:
                status = ask(path)
            except StatusDenied:
                raise
            except StatusError as error:
                code = exit_codes.code_of(error)
                shown: Sequence[Sequence[Words]] = [(fail(f"NO ANSWER: {error.reason}"),)]
                tree: dict[str, Any] = {"event": "error", "error": printable(str(error)), "exit_code": code}
                turn = 0  # the next answer comes from another process
            else:
                if turn % _UNIT_TURNS == 0:
                    state = _unit_of(status)
                turn, code, facts = turn + 1, _code(status), machine_state.read(status.origin.pid)
                shown, tree = _lines(status, facts, state, terminal), _as_json(status, facts, state)
            if as_json:
                print_json(tree)
            else:
                screen.show(shown)
            if time.monotonic() + _TURN_S > end_s:
                return code
            time.sleep(_TURN_S)


def _ask(path: Path) -> Status:
    """The daemon's answer. Raises StatusError, with what systemd knows of a daemon that does not run."""
    try:
        return ask(path)
    except StatusDenied:
        raise
    except StatusError as error:
        if path != PATH:
            raise
        known = unit.read()
        if known is None or not known.state:
            hint = "; one in a terminal answers at the PATH of its --status-socket: status --socket PATH"
            raise StatusError(path, error.reason + hint) from None
        meaning = exit_codes.MEANINGS.get(known.failure, "")
        if known.is_active and not path.exists():
            # As after an upgrade by hand: systemd makes the socket before the start of the daemon, or not at all.
            raise StatusError(path, f"{UNIT} runs, but without this socket: systemctl restart {UNIT}") from None
        ended = f", its last exit code is {known.failure} ({meaning})" if known.failure else ""
        degraded = unit.read(DEGRADED)
        if degraded is not None and degraded.is_active:
            ended += ", out of order after failed starts"
        remedy = _START if known.state == "inactive" and not ended else SEE_JOURNAL
        raise StatusError(path, f"{error.reason}; {UNIT} is {known.state}{ended}: {remedy}") from None


def _unit_of(status: Status) -> UnitState | None:
    """What systemd knows of the process that has answered; None if that is not the unit's."""
    known = unit.read() if status.watchdog.limit_s is not None else None
    return known if known is not None and known.pid == status.origin.pid else None


def _code(status: Status) -> int:
    return 0 if status.state.works else exit_codes.NOT_IN_SERVICE


def _lines(status: Status, facts: MachineState, state: UnitState | None, terminal: Terminal) -> list[Sequence[Words]]:
    return Page(status, facts, state, datetime.now(), terminal.size[0]).lines()


def _as_json(status: Status, facts: MachineState, state: UnitState | None) -> dict[str, Any]:
    restarts = None if state is None else state.restarts
    return {"event": "status", **to_dict(status), "machine": asdict(facts), "restarts": restarts}
