"""When the next thing is due: the next try at a lost source, the next frame of a recording."""


class Backoff:
    """Waits between tries that double from ``first_s`` to ``most_s``."""

    def __init__(self, first_s: float, most_s: float) -> None:
        self._first_s, self._most_s = first_s, most_s
        self._next_s = first_s

    def next_s(self) -> float:
        """How long to wait before the next try, in seconds."""
        wait_s = min(self._next_s, self._most_s)
        self._next_s = min(self._next_s * 2, self._most_s)
        return wait_s

    def reset(self) -> None:
        """It worked: begin with the short wait again."""
        self._next_s = self._first_s


class Pacing:
    """Lays a recording's own time on the clock, so that it plays as fast as it was recorded.

    Where reading is slower than that, the recording's time is moved later rather than caught up with:
    its frames would otherwise grow older and older on the clock, until the service takes them for stale.
    """

    def __init__(self, slack_s: float = 0.25) -> None:
        self._slack_s = slack_s
        self._offset_s: float | None = None

    def due_s(self, captured_s: float, now_s: float) -> float:
        """When to show the frame with that time of its own; the first one is due now. All in seconds."""
        if self._offset_s is None:
            self._offset_s = now_s - captured_s
        late_s = now_s - (captured_s + self._offset_s)
        if late_s > self._slack_s:
            self._offset_s += late_s
        return captured_s + self._offset_s
