"""What a command shows on a terminal: words in colour, and a screen that is painted again in place.

All text goes through ``printable`` here, so only this module's own escape sequences reach the terminal. In a pipe, in a
file and on a terminal that says ``TERM=dumb`` there are none at all.
"""

import os
import sys
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TextIO
from unicodedata import combining, east_asian_width

from binarycop.printable import printable

_CLEAR_LINE = "\r\x1b[K"
"""Clears the line in which the cursor is, and goes to its begin."""

_CLEAR_REST_OF_LINE, _CLEAR_BELOW = "\x1b[K", "\x1b[J"
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_RESET = "\x1b[0m"
_SIZE = (80, 24)
_MAX_DIGITS = 4
_LEAST_WRAPPED = 10


class Style(Enum):
    """How words look, with its SGR parameters (ECMA-48). A colour never says what the words do not."""

    OK = "32"
    WARN = "33"
    FAIL = "1;31"
    DIM = "2"
    BOLD = "1"


@dataclass(frozen=True)
class Span:
    """Words of one style."""

    text: str
    style: Style


Words = str | Span
Line = Words | Sequence[Words]
"""One line: text, words of one style, or several of them side by side."""


def ok(text: str) -> Span:
    """In green."""
    return Span(text, Style.OK)


def warn(text: str) -> Span:
    """In yellow."""
    return Span(text, Style.WARN)


def fail(text: str) -> Span:
    """In bold red."""
    return Span(text, Style.FAIL)


def dim(text: str) -> Span:
    """Less bright than the rest."""
    return Span(text, Style.DIM)


def bold(text: str) -> Span:
    """In bold."""
    return Span(text, Style.BOLD)


class Terminal:
    """A stream with what it can show.

    There is colour on a terminal, unless $NO_COLOR is set (no-color.org) or $TERM is dumb. $CLICOLOR_FORCE asks for it
    in a pipe too, if it is set to anything but 0.
    """

    def __init__(self, stream: TextIO | None = None, environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        self.stream = stream or sys.stdout
        self._environment = environment
        self.can_repaint = self.stream.isatty() and environment.get("TERM") != "dumb"
        is_forced = environment.get("CLICOLOR_FORCE", "0") not in ("", "0")
        self.has_colour = not environment.get("NO_COLOR") and (self.can_repaint or is_forced)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows. $COLUMNS and $LINES win; 80 by 24 if nothing is known, as on a serial line."""
        try:
            known = os.get_terminal_size(self.stream.fileno())
        except (OSError, ValueError):
            known = os.terminal_size((0, 0))
        asked = (self._environment.get(name, "") for name in ("COLUMNS", "LINES"))
        columns, rows = (
            int(text) if len(text) <= _MAX_DIGITS and text.isdecimal() and int(text) > 0 else size or usual
            for text, size, usual in zip(asked, known, _SIZE)
        )
        return columns, rows

    def styled(self, line: Line, max_columns: int | None = None) -> str:
        """The line as it is written to this stream, without its end; cut to ``max_columns``."""
        left, parts = max_columns, []
        for text, style in _parts(line):
            shown = text if left is None else cut(text, left)
            left = None if left is None else left - columns_of(shown)
            parts.append(f"\x1b[{style.value}m{shown}{_RESET}" if self.has_colour and style and shown else shown)
        return "".join(parts)

    def wrapped(self, text: str) -> str:
        """The text, on a terminal with line breaks between its words where it is longer than a line."""
        text = printable(text)
        if not self.can_repaint:
            return text
        # A path is not cut: it would not be found again when it is copied.
        return textwrap.fill(
            text,
            max(self.size[0] - 1, _LEAST_WRAPPED),
            subsequent_indent="  ",
            break_on_hyphens=False,
            break_long_words=False,
        )

    def print(self, *words: Words) -> None:
        """Print one line, whole."""
        print(self.styled(words), file=self.stream)

    def show_for_now(self, line: Line) -> None:
        """Show a line that ``clear_line`` takes away again; nothing where that is not possible."""
        if self.can_repaint:
            # A line that wraps could not be cleared.
            self.stream.write(_CLEAR_LINE + self.styled(line, self.size[0] - 1))
            self.stream.flush()

    def clear_line(self) -> None:
        """Clear the line in which the cursor is."""
        if self.can_repaint:
            self.stream.write(_CLEAR_LINE)
            self.stream.flush()


class Screen:
    """Lines that are painted again in place, a ``with`` block long. The last painting stays when it ends.

    Each painting is one write, so nothing flickers. Lines are cut to the terminal's width, and the last ones are left
    out if it has fewer rows. A stream that cannot be painted again gets the lines below each other, when they change.
    """

    def __init__(self, terminal: Terminal | None = None) -> None:
        self._terminal = terminal or Terminal()
        self._stream = self._terminal.stream
        self._shown: list[str] = []
        self._widths: list[int] = []
        self._above: list[int] = []  # widths of painted lines that a smaller terminal has pushed out at its top
        self._columns = self._rows = 0

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *_: object) -> None:
        """Also after Ctrl-C and any other error: the cursor is shown again, in a line of its own."""
        if self._terminal.can_repaint and self._shown:
            self._stream.write(f"\n{_SHOW_CURSOR}")
            self._stream.flush()
        self._shown, self._widths, self._above = [], [], []

    def show(self, lines: Sequence[Line]) -> None:
        """Paint these lines instead of those before."""
        if not self._terminal.can_repaint:
            self._print(lines)
            return
        columns, rows = self._terminal.size
        # A line as long as the terminal is wide makes some terminals wrap.
        lines = lines[: max(rows - 1, 1)]
        styled = [self._terminal.styled(line, columns - 1) for line in lines]
        if styled == self._shown and (columns, rows) == (self._columns, self._rows):
            return
        painting = f"{_CLEAR_REST_OF_LINE}\n".join(styled) + _CLEAR_REST_OF_LINE + _CLEAR_BELOW
        self._stream.write(self._back_to_the_begin(columns, rows) + painting)
        self._stream.flush()
        self._shown, self._columns, self._rows = styled, columns, rows
        self._widths = [min(sum(columns_of(text) for text, _ in _parts(line)), columns - 1) for line in lines]

    def clear(self) -> None:
        """Clear the lines and give the cursor back, so that something else can be printed here."""
        if self._terminal.can_repaint and self._shown:
            self._stream.write(f"{self._back_to_the_begin(*self._terminal.size)}{_CLEAR_BELOW}{_SHOW_CURSOR}")
            self._stream.flush()
            self._shown, self._widths, self._above = [], [], []

    def _back_to_the_begin(self, columns: int, rows: int) -> str:
        if not self._shown:
            return _HIDE_CURSOR
        # A terminal that was made narrower has wrapped the lines of the last painting.
        heights = [_height(width, columns) for width in self._widths]
        back = sum(heights) + self._come_back(columns, rows - self._rows)
        while heights and sum(heights) > rows:
            self._above.append(self._widths[len(self._widths) - len(heights)])
            del heights[0]
        return f"\x1b[{back - 1}A\r" if back > 1 else "\r"

    def _come_back(self, columns: int, more_rows: int) -> int:
        """How many rows above the last painting are of those before it: a terminal with more rows shows them again.

        One that does not has the last painting at its top, where the cursor stops.
        """
        found = 0
        # So many rows of the former width come back, and then they are wrapped for the new one.
        while self._above and more_rows >= _height(self._above[-1], self._columns):
            width = self._above.pop()
            more_rows -= _height(width, self._columns)
            found += _height(width, columns)
        return found

    def _print(self, lines: Sequence[Line]) -> None:
        styled = [self._terminal.styled(line) for line in lines]
        if styled == self._shown:
            return
        if self._shown and len(styled) > 1:
            self._stream.write("\n")  # between two paintings of several lines
        self._stream.write("".join(f"{line}\n" for line in styled))
        self._stream.flush()
        self._shown = styled


def print_note(text: str) -> None:
    """Print a message of the program on standard error, wrapped between words if that is a terminal."""
    print(Terminal(sys.stderr).wrapped(f"binarycop: {text}"), file=sys.stderr)


def print_error(text: str) -> None:
    """Print a message of the program on standard error, its name in red if that is a terminal.

    Where it cannot be written, as on a terminal that is gone, there is only the exit code.
    """
    terminal = Terminal(sys.stderr)
    name = terminal.styled(fail("binarycop:"))
    with suppress(OSError):
        print(terminal.wrapped(f"binarycop: {text}").replace("binarycop:", name, 1), file=sys.stderr, flush=True)


def columns_of(text: str) -> int:
    """How many columns of a terminal a printable text takes."""
    return len(text) if text.isascii() else sum(map(_columns_of_one, text))


def cut(text: str, max_columns: int) -> str:
    """As much of a printable text as these columns hold; ``max_columns`` may be 0."""
    if columns_of(text) <= max_columns:
        return text
    used = 0
    for index, character in enumerate(text):
        used += _columns_of_one(character)
        if used > max_columns:
            return text[:index]
    return text


def _height(width: int, columns: int) -> int:
    """How many rows a line takes that was painted ``width`` columns wide."""
    return max(1, -(-width // columns))


def _columns_of_one(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def _parts(line: Line) -> list[tuple[str, Style | None]]:
    """Each part's printable text and style."""
    words = [line] if isinstance(line, (str, Span)) else line
    return [(printable(word), None) if isinstance(word, str) else (printable(word.text), word.style) for word in words]
