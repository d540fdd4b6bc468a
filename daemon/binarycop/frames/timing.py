"""When to try a lost source again, and when to show the next frame of a recording."""


class Backoff:
    """Waits between attempts. They double from ``first_s`` to ``max_s``, in seconds."""

    def __init__(self, first_s: float, max_s: float) -> None:
        self._first_s, self._max_s = first_s, max_s
        self._next_s = first_s

    def next_s(self) -> float:
        """The wait before the next attempt, in seconds."""
        wait_s = min(self._next_s, self._max_s)
        self._next_s = min(self._next_s * 2, self._max_s)
        return wait_s

    def reset(self) -> None:
        """Begin with the short wait again, after a success."""
        self._next_s = self._first_s


class Pacing:
    """Maps a recording's own time to the clock, so that it plays as fast as it was recorded.

    If reading is slower than that, the recording is delayed instead of skipping ahead. Otherwise its frames would fall
    further and further behind the clock, until the service drops them as stale. slack_s: how late a frame may be before
    that. pause_s: a longer pause of the recording is shortened to this. The default is longer than any
    ``faces.lost_s``, so that the person after the pause is not the one before it.
    """

    def __init__(self, slack_s: float = 0.25, pause_s: float = 12.0) -> None:
        self._slack_s, self._pause_s = slack_s, pause_s
        self._offset_s: float | None = None

    def due_s(self, captured_s: float, now_s: float) -> float:
        """The clock's time at which to show the frame of ``captured_s``, in seconds; the first frame is due now."""
        if self._offset_s is None:
            self._offset_s = now_s - captured_s
        late_s = now_s - (captured_s + self._offset_s)
        if late_s > self._slack_s:
            self._offset_s += late_s
        elif late_s < -self._pause_s:
            self._offset_s += late_s + self._pause_s
        return captured_s + self._offset_s
