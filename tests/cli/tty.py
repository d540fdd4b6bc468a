"""A stream that claims to be a terminal, and what a terminal would show of it."""

import io
import re

XTERM = {"TERM": "xterm", "COLUMNS": "20", "LINES": "5"}
SEQUENCE = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])")


class Tty(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


class Grid:
    """The screen of a terminal with this many columns: it knows the sequences that a Screen writes, and refuses others.

    height: how many of ``rows`` it shows, from ``top`` on; those above have scrolled out of it.
    """

    def __init__(self, columns: int, height: int = 1000) -> None:
        self.columns, self.rows, self.row, self.column, self.has_cursor = columns, [""], 0, 0, True
        self.height, self.top = height, 0

    def resize(self, height: int, *, has_scrollback: bool) -> None:
        """As xterm and tmux do: fewer rows scroll the first ones out, more rows show them again.

        has_scrollback: otherwise the rows that were scrolled out are gone, as on the console of Linux.
        """
        if height > self.height and has_scrollback:
            self.top = max(0, self.top - (height - self.height))
        self.height = height
        self._scroll()

    def _scroll(self) -> None:
        self.top = max(self.top, self.row + 1 - self.height)

    def write(self, text: str) -> None:
        while text:
            if match := SEQUENCE.match(text):
                self._control(match[1], match[2])
                text = text[match.end() :]
                continue
            self._put(text[0])
            text = text[1:]

    def _put(self, character: str) -> None:
        if character == "\n":
            self.row, self.column = self.row + 1, 0
        elif character == "\r":
            self.column = 0
        else:
            if self.column == self.columns:
                self.row, self.column = self.row + 1, 0
            self._grow()
            line = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = line[: self.column] + character + line[self.column + 1 :]
            self.column += 1
        self._grow()

    def _grow(self) -> None:
        self.rows += [""] * (self.row + 1 - len(self.rows))
        self._scroll()

    def _control(self, number: str, letter: str) -> None:
        if letter == "K":
            self.rows[self.row] = self.rows[self.row][: self.column]
        elif letter == "J":
            self.rows[self.row] = self.rows[self.row][: self.column]
            del self.rows[self.row + 1 :]
        elif letter == "A":
            self.row = max(self.row - int(number), self.top)
        elif (number, letter) in (("?25", "l"), ("?25", "h")):
            self.has_cursor = letter == "h"
        else:
            assert letter == "m", f"{number}{letter}"


def grid_of(stream: io.StringIO, columns: int = 20) -> Grid:
    grid = Grid(columns)
    grid.write(stream.getvalue())
    return grid
