"""A screen that is painted again in place: what ``status --watch``, ``aim`` and ``run`` show on a terminal."""

from collections.abc import Sequence

from binarycop.cli.terminal import Line, Terminal, columns_of, parts

_CLEAR_REST_OF_LINE, _CLEAR_BELOW = "\x1b[K", "\x1b[J"
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


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
        self._widths = [min(sum(columns_of(text) for text, _ in parts(line)), columns - 1) for line in lines]

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
        """How many rows above the last painting are of earlier ones: a terminal that grows shows them again.

        One that does not has the last painting at its top, where the cursor stops.
        """
        found = 0
        # These rows come back with the former width, and are then wrapped for the new one.
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


def _height(width: int, columns: int) -> int:
    """How many rows a line takes that was painted ``width`` columns wide."""
    return max(1, -(-width // columns))
