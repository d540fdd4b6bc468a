"""A progress bar on standard error with the time left, if that is a terminal."""

import sys
from typing import TextIO

from binarycop.cli.terminal import Terminal
from binarycop.clock import Clock

_EVERY_S = 0.2
_FIRST_S = 1.0
_WIDTH = 30
_MINUTES_FROM_S = 120.0


class Progress:
    """Shows ``what``, and how much of it is done. Nothing is shown for work that ends within a second."""

    def __init__(self, what: str, clock: Clock, stream: TextIO | None = None) -> None:
        self._what, self._clock = what, clock
        self._terminal = Terminal(stream or sys.stderr)
        self._begun_s = clock.now_s()
        self._next_s = self._begun_s + _FIRST_S
        self._is_shown = False

    def update(self, share: float) -> None:
        """This share of the work is done; after all of it the line is cleared."""
        now_s = self._clock.now_s()
        if share >= 1:
            self.clear()
            return
        if not self._terminal.can_repaint or now_s < self._next_s:
            return
        self._next_s = now_s + _EVERY_S
        done = round(share * _WIDTH)
        left = time_left((now_s - self._begun_s) * (1 - share) / share) if share > 0 else ""
        bar = f"[{'#' * done}{'.' * (_WIDTH - done)}]"
        self._terminal.show_for_now(f"{self._what} {bar} {100 * share:3.0f} %  {left}")
        self._is_shown = True

    def clear(self) -> None:
        """Clear the line, before another one is printed or at the end."""
        if self._is_shown:
            self._terminal.clear_line()
            self._is_shown = False


def time_left(left_s: float) -> str:
    """In words: to the second for two minutes, to the minute for longer."""
    return f"{left_s:.0f} s left" if left_s < _MINUTES_FROM_S else f"{left_s / 60:.0f} min left"
