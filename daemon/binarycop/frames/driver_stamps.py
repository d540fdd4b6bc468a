"""The time stamps of a camera's driver: when a picture was captured, and whether it is a new one."""

_WRAP_MS = 2**32
_MAX_WRAPPED_MS = 2**31 + 1000
_EARLY_S, _LATE_S = 1.0, 0.01  # how far the first stamp may lie outside the time in which it must have been made


class DriverStamps:
    """Judges V4L2's buffer time stamps, in milliseconds as OpenCV gives them.

    began_s, first_ms, now_s: when the stream began, the stamp of its first picture, and when that had come, on the
    kernel's monotonic clock. OpenCV does not say which clock a driver uses. So the stamps count as monotonic if the
    first one lies between the two times; otherwise the time at which a picture came is all that is known. Stamps of any
    clock have to advance. A driver whose first stamp is 0 has none.

    On a 32-bit system OpenCV computes milliseconds in 32 bits, so they wrap every 50 days, for the first time 25 days
    after the start. Small values are therefore compared modulo 2**32.
    """

    def __init__(self, began_s: float, first_ms: float, now_s: float) -> None:
        self._last_ms = first_ms
        self._exists = first_ms != 0
        is_possible = -_LATE_S <= _elapsed_s(first_ms, now_s * 1000) <= now_s - began_s + _EARLY_S
        self._is_monotonic = self._exists and is_possible

    def captured_s(self, stamp_ms: float, now_s: float) -> float:
        """When the picture with this stamp was captured, never later than ``now_s``, when it came."""
        return now_s - max(_elapsed_s(stamp_ms, now_s * 1000), 0.0) if self._is_monotonic else now_s

    def has_advanced(self, stamp_ms: float) -> bool:
        """Take the stamp of the next picture. Returns False if it is not later than the stamp before."""
        before_ms, self._last_ms = self._last_ms, stamp_ms
        return not self._exists or _elapsed_s(before_ms, stamp_ms) > 0


def _elapsed_s(from_ms: float, to_ms: float) -> float:
    elapsed_ms = to_ms - from_ms
    if abs(from_ms) <= _MAX_WRAPPED_MS:
        elapsed_ms = (elapsed_ms + _WRAP_MS / 2) % _WRAP_MS - _WRAP_MS / 2
    return elapsed_ms / 1000
