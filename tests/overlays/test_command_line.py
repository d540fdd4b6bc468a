"""What the commands of the workshop share: a bar for loops that take long."""

import io
import sys

import pytest

from binarycop.clock import ManualClock
from overlays import command_line
from overlays.command_line import print_progress, with_progress
from tests.cli.tty import Tty


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    now = ManualClock()
    monkeypatch.setattr(command_line, "MonotonicClock", lambda: now)
    return now


def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Tty:
    """The standard error as a terminal, of 80 columns. Not a fixture: pytest sets its own one before each test."""
    stream = Tty()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    return stream


def test_a_long_loop_shows_how_much_is_done_and_the_time_left(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, terminal = [], on_a_terminal(monkeypatch)
    for item in with_progress("abcd", "reading photographs"):
        seen.append(item)
        clock.advance_to(clock.now_s() + 10.0)
    assert seen == ["a", "b", "c", "d"]
    assert "reading photographs [########......................]  25 %  30 s left" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_loop_that_is_left_clears_its_bar(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_a_terminal(monkeypatch)
    items = with_progress("abcd", "reading")
    next(items)
    clock.advance_to(clock.now_s() + 10.0)
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_line_of_a_long_run_does_not_stand_behind_the_bar(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = on_a_terminal(monkeypatch)
    for item in with_progress(("first", "second"), "measuring"):
        clock.advance_to(clock.now_s() + 10.0)
        print_progress(item)
    assert capsys.readouterr().out == "first\nsecond\n"
    bar, *_ = terminal.getvalue().partition(" 10 s left")
    assert "measuring" in bar
    assert terminal.getvalue().count("\r\x1b[K") >= 4


def test_in_a_pipe_and_for_no_items_there_is_no_bar(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    for _ in with_progress("abcd", "reading"):
        clock.advance_to(clock.now_s() + 10.0)
    assert not list(with_progress((), "reading"))
    assert pipe.getvalue() == ""
