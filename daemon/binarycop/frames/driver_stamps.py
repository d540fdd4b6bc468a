"""The time stamps of a camera's driver: when a picture was captured, and whether it is a new one."""

_EARLY_S, _LATE_S = 1.0, 0.01  # how far the first stamp may lie outside the time in which it must have been made


class DriverStamps:
    """Judges V4L2's buffer time stamps, in seconds.

    began_s, first_s, now_s: when the stream began, the stamp of its first picture, and when that had come, on the
    kernel's monotonic clock. Some drivers use another clock than they state. So the stamps count as monotonic if the
    first one lies between the two times; otherwise only the time of arrival of a picture is known. Stamps of any clock
    have to advance. A driver whose first stamp is 0 has none.
    """

    def __init__(self, began_s: float, first_s: float, now_s: float) -> None:
        self._last_s = first_s
        self._exists = first_s != 0
        self._is_monotonic = self._exists and -_LATE_S <= now_s - first_s <= now_s - began_s + _EARLY_S

    def captured_s(self, stamp_s: float, now_s: float) -> float:
        """When the picture with this stamp was captured, never later than ``now_s``, when it came."""
        return min(stamp_s, now_s) if self._is_monotonic else now_s

    def has_advanced(self, stamp_s: float) -> bool:
        """Take the stamp of the next picture. Returns False if it is not later than the stamp before."""
        before_s, self._last_s = self._last_s, stamp_s
        return not self._exists or stamp_s > before_s
