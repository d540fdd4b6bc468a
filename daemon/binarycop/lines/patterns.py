"""Blink patterns of the lamps. They depend on the time alone, so that no thread is needed."""

from binarycop.settings.signals import LampPattern

_SLOW_HALF_S = 0.5
_FAST_HALF_S = 0.125
_FLASH_S = 0.2
_FLASH_PERIOD_S = 2.0
_FLASH_COUNTS = {LampPattern.ONE: 1, LampPattern.TWO: 2, LampPattern.THREE: 3}


def is_lit(pattern: LampPattern, now_s: float) -> bool:
    """Whether a lamp with this pattern is lit at ``now_s`` (monotonic)."""
    if pattern is LampPattern.SLOW:
        return int(now_s / _SLOW_HALF_S) % 2 == 0
    if pattern is LampPattern.FAST:
        return int(now_s / _FAST_HALF_S) % 2 == 0
    if pattern in _FLASH_COUNTS:
        flash = int(now_s % _FLASH_PERIOD_S / _FLASH_S)
        return flash % 2 == 0 and flash // 2 < _FLASH_COUNTS[pattern]
    return pattern is LampPattern.ON
