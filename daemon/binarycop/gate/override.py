"""The override input: permission for staff with a key, for a limited time.

A chattering contact, or a key that was left turned, must not give permission all day. So an activation counts only
after the input has been inactive without interruption for ``override_release_s``. It gives permission for
``override_s`` at most, and all activations together for ``override_per_hour_s`` in any hour. Pure.
"""

from dataclasses import dataclass, replace
from math import inf

from binarycop.settings.gate import GateSettings

_HOUR_S = 3600.0
_MAX_SPANS = 64  # in one hour; more activations than this are refused, so that the memory is bounded


@dataclass(frozen=True)
class Override:
    """The state. All times are in seconds of the monotonic clock.

    inactive_since_s: since when the input is inactive without interruption; None while it is active, infinite before
    the first step, which has the time. on_since_s: since when the override gives permission, or None. limit_s: how long
    it may do so, decided when it began. spans: earlier permissions of the last hour, as pairs of begin and end.
    """

    inactive_since_s: float | None = inf
    on_since_s: float | None = None
    limit_s: float = 0.0
    spans: tuple[tuple[float, float], ...] = ()

    def end_s(self, settings: GateSettings) -> float | None:
        """When the permission ends by itself; None if there is none. A reload can shorten it, but never extend it."""
        if self.on_since_s is None:
            return None
        left_s = settings.override_per_hour_s - _spent_s(self.spans, self.on_since_s)
        return self.on_since_s + max(0.0, min(self.limit_s, settings.override_s, left_s))

    def is_on(self, settings: GateSettings, now_s: float) -> bool:
        """Whether the override gives permission at ``now_s``."""
        end_s = self.end_s(settings)
        return end_s is not None and now_s < end_s


def expire(override: Override, settings: GateSettings, now_s: float) -> Override:
    """End a permission whose time is over by now."""
    if override.inactive_since_s == inf:
        override = replace(override, inactive_since_s=now_s)
    end_s = override.end_s(settings)
    return override if end_s is None or now_s < end_s else _end(override, end_s)


def release(override: Override, now_s: float) -> Override:
    """The input becomes inactive. The permission ends at once."""
    if override.on_since_s is not None:
        override = _end(override, now_s)
    return replace(override, inactive_since_s=now_s) if override.inactive_since_s is None else override


def activate(override: Override, settings: GateSettings, now_s: float) -> tuple[Override, str]:
    """The input becomes active. Returns the new state, and why it gives no permission; empty if it gives one."""
    inactive_since_s = override.inactive_since_s
    override = replace(override, inactive_since_s=None)
    if inactive_since_s is None:
        return override, ""
    if now_s - inactive_since_s < settings.override_release_s:
        return override, f"it was inactive for less than {settings.override_release_s:g} s before"
    spans = tuple(span for span in override.spans if span[1] > now_s - _HOUR_S)
    override = replace(override, spans=spans)
    spent_s = _spent_s(spans, now_s)
    left_s = settings.override_per_hour_s - spent_s
    if left_s <= 0 or len(spans) >= _MAX_SPANS:
        return override, f"it had permission for {spent_s:.0f} s in {len(spans)} activations within the last hour"
    return replace(override, on_since_s=now_s, limit_s=min(settings.override_s, left_s)), ""


def _spent_s(spans: tuple[tuple[float, float], ...], now_s: float) -> float:
    """For how long these spans, which have ended within the hour before ``now_s``, gave permission in that hour."""
    return sum(end_s - max(begin_s, now_s - _HOUR_S) for begin_s, end_s in spans)


def _end(override: Override, end_s: float) -> Override:
    begin_s = end_s if override.on_since_s is None else override.on_since_s
    return replace(override, on_since_s=None, limit_s=0.0, spans=(*override.spans, (begin_s, end_s)))
