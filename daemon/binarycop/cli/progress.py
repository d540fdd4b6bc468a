"""A progress bar on standard error with the time left, if that is a terminal."""

import sys
from typing import TextIO

from binarycop.clock import Clock

_CLEAR_LINE = "\r\x1b[K"
_EVERY_S = 0.2
_FIRST_S = 1.0
_WIDTH = 30


class Progress:
    """Shows ``what``, and how much of it is done. Nothing is shown for work that ends within a second."""

    def __init__(self, what: str, clock: Clock, stream: TextIO | None = None) -> None:
        self._what, self._clock, self._stream = what, clock, stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._begun_s = clock.now_s()
        self._next_s = self._begun_s + _FIRST_S
        self._is_shown = False

    def update(self, share: float) -> None:
        """This share of the work is done."""
        now_s = self._clock.now_s()
        if not self._is_terminal or now_s < self._next_s:
            return
        self._next_s = now_s + _EVERY_S
        done = round(share * _WIDTH)
        left = f"{(now_s - self._begun_s) * (1 - share) / share:.0f} s left" if share > 0 else ""
        bar = f"[{'#' * done}{'.' * (_WIDTH - done)}]"
        self._stream.write(f"{_CLEAR_LINE}{self._what} {bar} {100 * share:3.0f} %  {left}")
        self._stream.flush()
        self._is_shown = True

    def clear(self) -> None:
        """Clear the line."""
        if self._is_shown:
            self._stream.write(_CLEAR_LINE)
            self._stream.flush()
            self._is_shown = False
