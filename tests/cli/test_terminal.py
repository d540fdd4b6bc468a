"""What commands show on a terminal: colour where it may be, and lines of its width."""

import fcntl
import io
import os
import pty
import struct
import termios

import pytest

from binarycop.cli.terminal import Style, Terminal, bold, columns_of, cut, dim, fail, ok, warn
from tests.cli.tty import XTERM, Tty


@pytest.mark.parametrize(
    ("stream", "environment", "has_colour"),
    [
        (Tty(), {"TERM": "xterm"}, True),
        (Tty(), {}, True),
        (Tty(), {"TERM": "dumb"}, False),
        (Tty(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Tty(), {"TERM": "xterm", "NO_COLOR": ""}, True),
        (io.StringIO(), {"TERM": "xterm"}, False),
        (io.StringIO(), {"CLICOLOR_FORCE": "1"}, True),
        (io.StringIO(), {"CLICOLOR_FORCE": "0"}, False),
        (io.StringIO(), {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_there_is_colour_on_a_terminal_unless_the_environment_says_otherwise(
    stream: io.StringIO, environment: dict[str, str], has_colour: bool
) -> None:
    shown = Terminal(stream, environment).styled(ok("up"))
    assert shown == ("\x1b[32mup\x1b[0m" if has_colour else "up")


def test_each_style_has_a_look_of_its_own_and_ends_with_its_words() -> None:
    terminal = Terminal(Tty(), XTERM)
    looks = [terminal.styled((part, " next")) for part in (ok("x"), warn("x"), fail("x"), dim("x"), bold("x"))]
    assert len(set(looks)) == len(Style)
    assert all(look.endswith("x\x1b[0m next") for look in looks)


def test_no_text_can_bring_a_sequence_of_its_own() -> None:
    stream = Tty()
    Terminal(stream, XTERM).print("a\x1b[2K", fail("b\nc\u202e"))
    assert stream.getvalue() == "a\\x1b[2K\x1b[1;31mb\\nc\\u202e\x1b[0m\n"


def test_a_line_is_cut_over_all_its_parts_and_by_columns_not_by_characters() -> None:
    terminal = Terminal(io.StringIO(), {})
    assert terminal.styled(("north ", ok("granted"), " now"), 9) == "north gra"
    assert terminal.styled(("北門: on",), 5) == "北門:"
    assert cut("北門", 3) == "北"
    assert columns_of("e\u0301") == 1
    assert cut("abc", 0) == ""


def test_a_long_text_wraps_between_words_on_a_terminal_only() -> None:
    text = "replay: /a/very/long/path/of/a/clip.avi does not exist\n"
    assert Terminal(Tty(), XTERM).wrapped(text).splitlines() == [
        "replay:", "  /a/very/long/path/of/a/clip.avi", "  does not exist\\n",
    ]  # fmt: skip
    assert Terminal(io.StringIO(), XTERM).wrapped(text) == text.replace("\n", "\\n")


@pytest.mark.parametrize("columns", ["1", "2", "9" * 5000])
def test_a_terminal_of_no_sensible_width_still_shows_a_message(columns: str) -> None:
    assert Terminal(Tty(), {"TERM": "xterm", "COLUMNS": columns}).wrapped("no such clip").split() == [
        "no",
        "such",
        "clip",
    ]


def test_the_size_is_the_terminals_own_then_the_environments() -> None:
    assert Terminal(io.StringIO(), {}).size == (80, 24)
    assert Terminal(io.StringIO(), {"COLUMNS": "0", "LINES": "many"}).size == (80, 24)
    controller, end = pty.openpty()
    with os.fdopen(end, "w") as stream, os.fdopen(controller):
        # A serial line and a new pseudo-terminal say 0 by 0.
        assert Terminal(stream, {}).size == (80, 24)
        fcntl.ioctl(stream, termios.TIOCSWINSZ, struct.pack("4H", 40, 132, 0, 0))
        assert Terminal(stream, {}).size == (132, 40)
        assert Terminal(stream, {"COLUMNS": "60"}).size == (60, 40)
