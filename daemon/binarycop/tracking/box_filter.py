"""An alpha-beta filter that smooths a track's box, so that crops do not jump.

The centre moves with the face from frame to frame. So a small difference to a detection is mostly the detector's noise,
and a large one is mostly real: the gain grows with the difference. The size is known from detections only. Its
logarithm and the logarithm's rate are filtered together (alpha-beta filter, e.g. Benedict and Bordner 1962), and
between detections the box grows at that rate, since a person who comes nearer gets larger.
"""

from dataclasses import dataclass
from math import exp, hypot, log

from binarycop.geometry import Box
from binarycop.record import replace

_MIN_CENTRE_GAIN = 0.25
_FULL_CENTRE_GAIN_AT = 0.12  # of the longer side: the centre moves fully to a detection that is this far away
_PERIOD_S = 0.2  # the gains for frames at this period or faster:
_ALPHA, _BETA = 0.5, 0.15
_MAX_RESIDUAL = 0.15  # of the log of the size; a detector that is unsure of the size differs by more
_MAX_GROWTH_HZ = 1.2  # of a person who runs


@dataclass(frozen=True)
class FilteredBox:
    """The filter's state.

    box: the steady box. growth_hz: rate of the log of its size, per second. detected_s: time of the last detection.
    updated_s: time of the last prediction or update.
    """

    box: Box
    growth_hz: float
    detected_s: float
    updated_s: float


def initiate(box: Box, now_s: float) -> FilteredBox:
    """Start at a face's first detection."""
    return FilteredBox(box, 0.0, now_s, now_s)


def predict(state: FilteredBox, before: Box, after: Box, now_s: float) -> FilteredBox:
    """Move by the tracked face's step from ``before`` to ``after``, and grow at the known rate."""
    (x, y), (from_x, from_y), (to_x, to_y) = state.box.centre, before.centre, after.centre
    growth = exp(state.growth_hz * (now_s - state.updated_s))
    return replace(state, box=_scaled(x + to_x - from_x, y + to_y - from_y, state.box, growth), updated_s=now_s)


def update(state: FilteredBox, detected: Box, now_s: float, interval_s: float = 0.0) -> FilteredBox:
    """Correct with a detection at this time. interval_s: from the frame before, while frames come seldom."""
    size = max(detected.longer_px, 1e-6)
    (x, y), (to_x, to_y) = state.box.centre, detected.centre
    gain = min(max(hypot(to_x - x, to_y - y) / size / _FULL_CENTRE_GAIN_AT, _MIN_CENTRE_GAIN), 1.0)
    predicted_size = max(state.box.longer_px, 1e-6)
    elapsed_s = now_s - state.detected_s
    # A person who comes nearer may have grown by more in a longer time, and the earlier state is less certain.
    periods = max(interval_s / _PERIOD_S, 1.0)
    alpha = 1 - (1 - _ALPHA) ** periods
    beta = _BETA * _benedict_bordner(alpha) / _benedict_bordner(_ALPHA)
    residual = min(max(log(size / predicted_size), -_MAX_RESIDUAL * periods), _MAX_RESIDUAL * periods)
    growth_hz = state.growth_hz + (beta * residual / elapsed_s if elapsed_s > 0 else 0.0)
    growth_hz = min(max(growth_hz, -_MAX_GROWTH_HZ), _MAX_GROWTH_HZ)
    # The aspect ratio is not filtered, since the crop depends on the longer side only.
    scale = predicted_size * exp(alpha * residual) / size
    box = _scaled(x + gain * (to_x - x), y + gain * (to_y - y), detected, scale)
    return FilteredBox(box, growth_hz, now_s, now_s)


def _benedict_bordner(alpha: float) -> float:
    """The gain of the rate that belongs to a gain of the value."""
    return alpha * alpha / (2 - alpha)


def _scaled(x: float, y: float, box: Box, scale: float) -> Box:
    return Box.centred(x, y, box.width_px * scale, box.height_px * scale)
