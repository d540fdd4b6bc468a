"""Whether the outputs do what they were commanded to do. Pure: levels and times are handed in."""

FEEDBACK_S = 0.2
"""The relay's contact must follow its coil within this many seconds, debounce time included."""

LATE_S = 0.4
"""After a pause of this many seconds the dead-man timer, which waits 0.5 s, may have ended a permission."""

_READS = 2
_LATE_READS = 10


class ReadBackCheck:
    """Compares the level that an output reads with the level that the last drive commanded, once in each drive.

    One difference is no fault: it may be a glitch, or the dead-man timer after a pause, and the drive writes the level
    again. Two in a row are a fault.
    """

    def __init__(self) -> None:
        self._differences = 0

    def has_failed(self, commanded: bool, read: bool, *, is_late: bool = False) -> bool:
        """Whether the output is faulty.

        is_late: the timer may have caused this difference, since the heartbeat came late. Even then ten in a row are a
        fault: a loop that is always late must not hide an output that never follows.
        """
        self._differences = 0 if commanded == read else self._differences + 1
        return self._differences >= (_LATE_READS if is_late else _READS)


class FeedbackCheck:
    """Compares the relay's own contact with its command. Energised or not, it must follow within ``FEEDBACK_S``."""

    def __init__(self) -> None:
        self._since_s, self._differences = 0.0, 0

    def restart(self, now_s: float) -> None:
        """From ``now_s`` on the contact has that time to follow, since the relay was switched."""
        self._since_s, self._differences = now_s, 0

    def has_failed(self, commanded: bool, reported: bool, now_s: float) -> bool:
        """Whether the contact has not followed in time, in two reads in a row: one late read is no fault."""
        if reported == commanded:
            self.restart(now_s)
            return False
        self._differences += 1
        return self._differences >= _READS and now_s - self._since_s > FEEDBACK_S
