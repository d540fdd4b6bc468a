"""The time stamps of a clip's container, corrected: they begin at 0 and always increase."""

import math

_MAX_PERIOD_S = 1.0  # a longer step is a pause, not the time from one frame to the next
_MIN_STEP_S = 0.001


class Timeline:
    """Corrects a container's time stamps. All times are in seconds.

    A jump forward, however long, is a pause of the recording and counts in full: the person after it may not be the one
    before. A stamp that does not advance, such as the 0 of a frame without one, is replaced by the last period. If the
    stamps after it advance from it, the container's time has started again, as where recordings are joined. Otherwise
    it was a bad stamp, and the next one counts from the last good one.

    period_s: from one frame to the next, until two good stamps are known. now_s: the time of the newest frame.
    """

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._stamp_s: float | None = None  # the last one
        self._good_stamp_s = self._good_s = 0.0  # the last one that had advanced, and its time
        self.now_s = 0.0

    def at(self, stamp_s: float) -> float:
        """The corrected time of the next frame, which has the time stamp ``stamp_s`` in the container."""
        stamp_s = stamp_s if math.isfinite(stamp_s) else 0.0
        before_s, self._stamp_s = self._stamp_s, stamp_s
        if before_s is None:
            self._set_good(stamp_s, 0.0)
        elif stamp_s > self._good_stamp_s:
            step_s = stamp_s - self._good_stamp_s
            self._set_good(stamp_s, max(self._good_s + step_s, self.now_s + _MIN_STEP_S))
            self._period_s = step_s if step_s <= _MAX_PERIOD_S else self._period_s
        elif stamp_s > before_s:
            self._set_good(stamp_s, self.now_s + stamp_s - before_s)
        else:
            self.now_s += self._period_s
        return self.now_s

    def _set_good(self, stamp_s: float, now_s: float) -> None:
        self._good_stamp_s, self._good_s, self.now_s = stamp_s, now_s, now_s
