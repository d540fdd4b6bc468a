"""What a command shows on a terminal: words in colour, lines of its width, and a line that is cleared again.

All text goes through ``printable`` here, so only this module's own escape sequences reach the terminal. In a pipe, in a
file and on a terminal that says ``TERM=dumb`` there are none at all.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TextIO
from unicodedata import combining, east_asian_width

from binarycop.cli.wrapping import wrap
from binarycop.printable import printable

_CLEAR_LINE = "\r\x1b[K"
"""Clears the line in which the cursor is, and goes to its begin."""

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
        left, written = max_columns, list[str]()
        for text, style in parts(line):
            shown = text if left is None else cut(text, left)
            left = None if left is None else left - columns_of(shown)
            written.append(f"\x1b[{style.value}m{shown}{_RESET}" if self.has_colour and style and shown else shown)
        return "".join(written)

    def wrapped(self, text: str) -> str:
        """The text, on a terminal with line breaks between its words where it is longer than a line."""
        text = printable(text)
        if not self.can_repaint:
            return text
        # A path is not cut: it would not be found again when it is copied.
        return "\n".join(wrap(text, max(self.size[0] - 1, _LEAST_WRAPPED), indent="  ", cuts_words=False))

    def print(self, *words: Words) -> None:
        """Print one line, whole."""
        print(self.styled(words), file=self.stream)

    def show_for_now(self, line: Line) -> None:
        """Show a line that ``clear_line`` removes again; nothing on a stream that does not allow this."""
        if self.can_repaint:
            # A line that wraps could not be cleared.
            self.stream.write(_CLEAR_LINE + self.styled(line, self.size[0] - 1))
            self.stream.flush()

    def clear_line(self) -> None:
        """Clear the line in which the cursor is."""
        if self.can_repaint:
            self.stream.write(_CLEAR_LINE)
            self.stream.flush()


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


def _columns_of_one(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def parts(line: Line) -> list[tuple[str, Style | None]]:
    """Each part's printable text and style."""
    words = [line] if isinstance(line, (str, Span)) else line
    return [(printable(word), None) if isinstance(word, str) else (printable(word.text), word.style) for word in words]
