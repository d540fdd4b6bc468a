"""What a person sees: on a terminal one line that is updated, elsewhere a line for each change."""

import io
from dataclasses import replace

import pytest

from binarycop.classes import GateStatus, Outcome
from binarycop.cli.console import Console
from binarycop.gate.events import Cause
from binarycop.gate.state import Phase
from binarycop.service.snapshot import LaneSnapshot

EMPTY = LaneSnapshot("gate", 1, None, GateStatus.NOBODY, Phase.IDLE, None)
PERMITTED = LaneSnapshot("gate", 9, 3, GateStatus.CORRECT, Phase.PERMITTED, Cause.VERDICT)


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def test_without_a_terminal_there_is_a_line_for_each_change_and_not_for_each_frame() -> None:
    stream = io.StringIO()
    console = Console(stream)
    for snapshot in (EMPTY, EMPTY, PERMITTED, PERMITTED, EMPTY):
        console.show([snapshot], 1.5)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert " ".join(lines[1].split()) == "gate: frame 9 person 3 correct permission on (verdict) 1.5 ms"


@pytest.mark.parametrize(
    ("outcome", "word"),
    [(Outcome.STILL_LOOKING, "still looking"), (Outcome.GAVE_UP, "gave up"), (Outcome.DECIDED, "undecided")],
)
def test_still_looking_and_gave_up_are_shown_as_two_words(outcome: Outcome, word: str) -> None:
    stream = io.StringIO()
    snapshot = LaneSnapshot("gate", 9, 3, GateStatus.UNDECIDED, Phase.IDLE, None, outcome)
    Console(stream).show([snapshot], None)
    assert " ".join(stream.getvalue().split()) == f"gate: frame 9 person 3 {word} permission off"


def test_the_longest_line_of_a_gate_fits_a_terminal_of_80_columns() -> None:
    stream = io.StringIO()
    snapshot = LaneSnapshot("gate", 999_999, 99, GateStatus.UNDECIDED, Phase.REFRACTORY, None, Outcome.STILL_LOOKING)
    Console(stream).show([snapshot], 999.9)
    # A terminal shows one character less than it has columns.
    assert len(stream.getvalue().rstrip("\n")) <= 79


def test_without_a_terminal_only_the_gate_that_changes_has_a_line() -> None:
    stream = io.StringIO()
    console = Console(stream)
    south = replace(PERMITTED, gate="south")
    for snapshots in ([EMPTY, south], [PERMITTED, south]):
        console.show(snapshots, None)
    assert [line.split(":")[0] for line in stream.getvalue().splitlines()] == ["gate", "south", "gate"]


def test_on_a_terminal_one_line_is_updated_and_journal_lines_do_not_mix_with_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = Terminal()
    console = Console(stream)
    console.show([EMPTY], 1.5)
    console.print_line("gate: person 3 in front")
    console.show([PERMITTED], None)
    assert capsys.readouterr().err == "gate: person 3 in front\n"
    parts = stream.getvalue().split("\r\x1b[K")
    assert [part.split()[:2] for part in parts] == [[], ["gate:", "frame"], [], ["gate:", "frame"]]
    assert "\n" not in stream.getvalue()


def test_the_line_that_is_updated_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    Console(stream).show([EMPTY, PERMITTED], 1.5)
    assert len(stream.getvalue().removeprefix("\r\x1b[K")) == 39
