"""How often one lane's frames are processed: whether a verdict can get the votes that it needs in its time.

Times of capture in, no clock. A camera can be slow, or the processor can be overloaded.
"""

from collections import deque

_WINDOW_S = 5.0  # a single slow frame says nothing
_BREAK_S = 2.0  # after a longer gap it starts again: the source gave nothing, which is a separate fault
_OVER_SHARE = 0.8  # of the longest sufficient interval: a hysteresis, so that the state does not toggle


class FrameRate:
    """The mean time between a lane's frames over the newest seconds. One thread uses it.

    seldom_s: that time while frames come too seldom; None otherwise.
    """

    def __init__(self) -> None:
        self.seldom_s: float | None = None
        self._captured_s: deque[float] = deque()

    def add(self, captured_s: float, needed_s: float) -> bool:
        """Add a processed frame; returns whether ``seldom_s`` has appeared or disappeared.

        needed_s: the longest time between two frames with which a verdict gets its votes.
        """
        times_s = self._captured_s
        if times_s and not 0 < captured_s - times_s[-1] <= _BREAK_S:
            times_s.clear()
        times_s.append(captured_s)
        while len(times_s) > 2 and captured_s - times_s[1] >= _WINDOW_S:
            times_s.popleft()
        if captured_s - times_s[0] < _WINDOW_S:
            return False
        was_seldom, interval_s = self.seldom_s is not None, (captured_s - times_s[0]) / (len(times_s) - 1)
        is_seldom = interval_s > (needed_s * _OVER_SHARE if was_seldom else needed_s)
        self.seldom_s = interval_s if is_seldom else None
        return is_seldom is not was_seldom

    def pause(self) -> None:
        """Start again with the next frames, since the service asks for few frames while it sleeps."""
        self._captured_s.clear()
