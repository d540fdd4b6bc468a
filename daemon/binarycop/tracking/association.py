"""Association: which detection is which track's face. Boxes and times in, no picture and no clock.

While frames come often, a face is near its place in the last frame. A face that no frame has shown for a while is
expected to have moved on as before, with growing uncertainty: the gate (the accepted distance) grows with that time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import dist, exp

from binarycop.geometry import Box

_SAME_IOU = 0.2  # with this overlap, a detection can always be the track's
_MAX_STEP = 0.75  # otherwise: largest distance of the centres, in longer sides of the box ...
_MAX_GROWTH = 2.0  # ... and largest ratio of the areas
_GOES_ON_AFTER_S = 0.12  # a face unseen for no longer is expected at its last place
_STEP_PER_S = 1.5  # so the distance grows from then on, in longer sides a second ...
_GROWTH_PER_S = 1.5  # ... and so the logarithm of the ratio, a second
_MAX_REACH_S = 0.6  # a face unseen for longer is searched for where it would have been by then


@dataclass(frozen=True)
class Expected:
    """Where a track's face should be in a frame. unseen_s: for how long no frame has shown it; 0: it was just seen."""

    box: Box
    unseen_s: float = 0.0


def expect(box: Box, velocity_px_s: tuple[float, float], growth_hz: float, unseen_s: float) -> Expected:
    """Where a face should be that was at ``box`` this long ago, and moved and grew at this rate.

    velocity_px_s: to the right and down. growth_hz: rate of the logarithm of the box's size.
    """
    if unseen_s <= _GOES_ON_AFTER_S:
        return Expected(box)
    unseen_s = min(unseen_s, _MAX_REACH_S)
    x, y = (at + speed * unseen_s for at, speed in zip(box.centre, velocity_px_s))
    scale = exp(growth_hz * unseen_s)
    return Expected(Box.centred(x, y, box.width_px * scale, box.height_px * scale), unseen_s)


def associate(before: Mapping[int, Expected], detected: Sequence[Box]) -> dict[int, int]:
    """Assign detections to tracks: track id to index. Each at most once; largest IoU first, then nearest."""
    candidates = sorted(
        (-expected.box.iou(after), dist(expected.box.centre, after.centre), track_id, index)
        for track_id, expected in before.items()
        for index, after in enumerate(detected)
        if _can_be_same(expected, after)
    )
    pairs: dict[int, int] = {}
    for _, _, track_id, index in candidates:
        if track_id not in pairs and index not in pairs.values():
            pairs[track_id] = index
    return pairs


def _can_be_same(before: Expected, after: Box) -> bool:
    if before.box.iou(after) >= _SAME_IOU:
        return True
    unknown_s = max(before.unseen_s - _GOES_ON_AFTER_S, 0.0)
    most_step = _MAX_STEP + _STEP_PER_S * unknown_s
    most_growth = _MAX_GROWTH * exp(_GROWTH_PER_S * unknown_s)
    growth = max(after.area_px, 1e-9) / max(before.box.area_px, 1e-9)
    is_near = dist(before.box.centre, after.centre) <= most_step * before.box.longer_px
    return is_near and 1 / most_growth <= growth <= most_growth
