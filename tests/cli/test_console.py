"""What a person sees: on a terminal a line for each gate, painted in place; elsewhere a line for each change."""

import io
from dataclasses import replace

import pytest

from binarycop.classes import GateStatus, Outcome
from binarycop.cli.console import Console
from binarycop.cli.terminal import Terminal
from binarycop.gate.events import Cause
from binarycop.gate.state import Phase
from binarycop.service.snapshot import LaneSnapshot
from tests.cli.tty import XTERM, Tty, grid_of

EMPTY = LaneSnapshot("gate", 1, None, GateStatus.NOBODY, Phase.IDLE, None)
PERMITTED = LaneSnapshot("gate", 9, 3, GateStatus.CORRECT, Phase.PERMITTED, Cause.VERDICT, Outcome.DECIDED, 92.4)
WIDE = {**XTERM, "COLUMNS": "80", "NO_COLOR": "1"}


def console_on(stream: io.StringIO, environment: dict[str, str] | None = None) -> Console:
    return Console(Terminal(stream, WIDE if environment is None else environment), lambda: "12:00:02")


def test_without_a_terminal_there_is_a_line_for_each_change_and_not_for_each_frame() -> None:
    stream = io.StringIO()
    console = console_on(stream)
    for snapshot in (EMPTY, EMPTY, PERMITTED, PERMITTED, EMPTY):
        console.show([snapshot], 1.5)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[1] == "12:00:02 gate: frame 9, person 3, 92 px, correct, permission on (verdict), 1.5 ms"


@pytest.mark.parametrize(
    ("outcome", "word"),
    [(Outcome.STILL_LOOKING, "still looking"), (Outcome.GAVE_UP, "gave up"), (Outcome.DECIDED, "undecided")],
)
def test_still_looking_and_gave_up_are_shown_as_two_words(outcome: Outcome, word: str) -> None:
    stream = io.StringIO()
    snapshot = LaneSnapshot("gate", 9, 3, GateStatus.UNDECIDED, Phase.IDLE, None, outcome)
    console_on(stream).show([snapshot], None)
    assert stream.getvalue() == f"12:00:02 gate: frame 9, person 3, {word}, permission off\n"


def test_without_a_terminal_only_the_gate_that_changes_has_a_line() -> None:
    stream = io.StringIO()
    console = console_on(stream)
    south = replace(PERMITTED, gate="south")
    for snapshots in ([EMPTY, south], [PERMITTED, south]):
        console.show(snapshots, None)
    assert [line.split()[1] for line in stream.getvalue().splitlines()] == ["gate:", "south:", "gate:"]


def test_on_a_terminal_each_gate_has_a_line_with_the_face_and_the_last_has_the_clock() -> None:
    stream = Tty()
    console_on(stream).show([replace(EMPTY, gate="north-west"), PERMITTED], 1.5)
    assert grid_of(stream, 80).rows == [
        "north-west                     nobody        permission off",
        "gate        person 3    92 px  correct       permission on (verdict)",
        "12:00:02  latency   1.5 ms  Ctrl-C ends",
    ]


def test_the_longest_line_of_a_gate_fits_a_terminal_of_80_columns() -> None:
    stream = Tty()
    snapshot = LaneSnapshot(
        "gate", 999_999, 99, GateStatus.UNDECIDED, Phase.REFRACTORY, None, Outcome.STILL_LOOKING, 1080.0
    )
    console_on(stream).show([snapshot], 999.9)
    assert grid_of(stream, 80).rows[0].endswith(f"permission off ({Phase.REFRACTORY.value})")


def test_each_status_has_a_colour_and_a_permission_is_green() -> None:
    stream = Tty()
    console = console_on(stream, XTERM | {"COLUMNS": "80", "LINES": "24"})
    console.show([replace(PERMITTED, status=status) for status in GateStatus], None)
    lines = stream.getvalue().splitlines()[:-1]
    assert all("\x1b[32mpermission on (verdict)" in line for line in lines)
    assert sum("\x1b[1;31mfault" in line for line in lines) == 1


def test_a_line_of_the_journal_does_not_mix_with_what_is_painted(capsys: pytest.CaptureFixture[str]) -> None:
    stream = Tty()
    console = console_on(stream)
    console.show([EMPTY], 1.5)
    console.print_line("gate: person 3 in front")
    assert capsys.readouterr().err == "gate: person 3 in front\n"
    assert grid_of(stream, 80).rows == [""]
    console.show([PERMITTED], None)
    console.clear()
    grid = grid_of(stream, 80)
    assert (grid.rows, grid.has_cursor) == ([""], True)


def test_what_is_painted_never_wraps() -> None:
    stream = Tty()
    console_on(stream, {**WIDE, "COLUMNS": "40"}).show([EMPTY, PERMITTED], 1.5)
    assert len(grid_of(stream, 40).rows) == 3
