"""``binarycop metrics``: figures for Prometheus, from the journal."""

import argparse
import json
import math
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from binarycop import regular_file
from binarycop.cli import result_file
from binarycop.cli.events import note
from binarycop.cli.options import add_config
from binarycop.errors import JournalError
from binarycop.journal.boots import Boot, read_boots
from binarycop.journal.journald import Reader
from binarycop.journal.metrics import Metrics
from binarycop.journal.origin import GateOrigins
from binarycop.journal.reader import Query, event_of, origin_of
from binarycop.journal.this_machine import open_reader, running_boot
from binarycop.printable import printable
from binarycop.settings.load import load

_MOST_BYTES = 4 << 20
_CURSOR = re.compile(r"([a-z]=[0-9a-f]+(;|$))*")  # sd_journal_get_cursor(3)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_config(parser)
    words = "go on from the run before, whose end this file has; without it only the newest boot counts"
    parser.add_argument("--state", type=Path, metavar="FILE", help=words)
    parser.add_argument("--output", type=Path, metavar="FILE", help="write a file, as a whole, instead of printing")
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class State:
    """Where the next run continues. cursor: of the last entry that was read, which is one of ``boot``.

    Without a boot nothing was read before.
    """

    boot: str
    cursor: str = ""
    samples: dict[str, float] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)


def run(options: argparse.Namespace) -> int:
    """Count the new entries; print all samples or write them. Raises SettingsErrors, JournalError, OutputError."""
    gates = [lane.name for lane in load(options.config).settings.gates]
    reader, running = open_reader(), running_boot()
    state = (options.state and _read(options.state)) or State("")
    metrics = Metrics(gates)
    metrics.restore(state.samples, state.faults)
    state = _count(reader, running, state, metrics)
    if options.output:
        result_file.write(options.output, metrics.text())
    else:
        for line in metrics.text().splitlines():
            print(printable(line))
    if options.state:  # last: after a failure the next run counts the same entries again, and no sample is too high
        result_file.write(options.state, json.dumps(vars(state)), mode=0o600)
    return 0


def _count(reader: Reader, running: str, state: State, metrics: Metrics) -> State:
    """Count what was written since that state. Raises JournalError."""
    origins, cursor, last = GateOrigins.of_this_machine(), state.cursor, state.boot
    try:
        for boot in _boots(reader, running, state):
            if boot.id != last:
                metrics.start_boot()
                last, cursor = boot.id, ""
            with closing(reader.entries(Query().terms(boot), after=cursor)) as entries:
                for entry in entries:
                    cursor, event = entry.cursor, event_of(entry.fields)
                    if event is not None and origins.wrote(event, origin_of(entry.fields)):
                        metrics.add(event.spec.name, entry.at_us, entry.fields)
    except OSError as error:
        raise JournalError(f"it cannot be read to its end: {error.strerror or error}") from error
    return State(last, cursor, metrics.samples, sorted(metrics.faults))


def _boots(reader: Reader, running: str, state: State) -> Sequence[Boot]:
    """The boots with new entries. If the state's boot is gone from the journal, all others are newer."""
    if state.boot == running:
        return [Boot(running)]  # to look up all boots takes longer than the rest
    boots = read_boots(reader, running)
    if not state.boot:
        return boots[-1:]
    known = [index for index, boot in enumerate(boots) if boot.id == state.boot]
    return boots[known[0] :] if known else boots


def _read(file: Path) -> State | None:
    """The state of the run before; None if there was none, or if the file is damaged."""
    try:
        data = regular_file.read(file, _MOST_BYTES, follow_link=True)
    except FileNotFoundError:
        return None
    except OSError as error:
        note(f"{file} cannot be read: {error.strerror or error}; counting begins again")
        return None
    try:
        return _parsed(json.loads(data))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        note(f"{file} is damaged; counting begins again")
        return None


def _parsed(given: Any) -> State:
    samples = {str(key): float(value) for key, value in given["samples"].items()}
    faults = [(str(gate), str(reason)) for gate, reason in given["faults"]]
    cursor = str(given["cursor"])
    # No sample would ever leave NaN again, and journald refuses a cursor of another form in each run.
    if not all(0 <= value < math.inf for value in samples.values()) or not _CURSOR.fullmatch(cursor):
        raise ValueError("a sample or the cursor")
    return State(str(given["boot"]), cursor, samples, faults)
