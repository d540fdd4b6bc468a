"""A steady box for the crop: what the finder says anew each time is taken over in part.

The centre goes with the face from frame to frame, so that a small difference is mostly the finder's noise and a large
one mostly real: the share that is taken over grows with it. The size is known from finds alone; it is filtered
together with its growth (an alpha-beta filter of its logarithm), which goes on between them as the face comes nearer.
"""

from dataclasses import dataclass, replace
from math import exp, hypot, log

from binarycop.geometry import Box

_CENTRE_LEAST = 0.25  # the share of a small difference of the centre
_CENTRE_ALL = 0.12  # of the longer side: a larger difference is taken over wholly
_ALPHA, _BETA = 0.5, 0.15
_SURPRISE_MOST = 0.15  # of the size's logarithm; a finder that is in two minds about a face differs by more
_GROWTH_MOST_HZ = 1.2  # at a run


@dataclass(frozen=True)
class FilteredBox:
    """box: what to crop by. growth_hz: of its size's logarithm, per second. found_s, at_s: when found and carried."""

    box: Box
    growth_hz: float
    found_s: float
    at_s: float


def initiate(box: Box, now_s: float) -> FilteredBox:
    """A face that is found for the first time."""
    return FilteredBox(box, 0.0, now_s, now_s)


def predict(state: FilteredBox, before: Box, after: Box, now_s: float) -> FilteredBox:
    """The face was followed from ``before`` to ``after``; coming nearer, it has grown on the way."""
    (x, y), (from_x, from_y), (to_x, to_y) = state.box.centre, before.centre, after.centre
    grown = exp(state.growth_hz * (now_s - state.at_s))
    box = _around(x + to_x - from_x, y + to_y - from_y, state.box, grown)
    return replace(state, box=box, at_s=now_s)


def update(state: FilteredBox, found: Box, now_s: float) -> FilteredBox:
    """The finder says that the face is here."""
    longer = max(found.width_px, found.height_px, 1e-6)
    (x, y), (to_x, to_y) = state.box.centre, found.centre
    share = min(max(hypot(to_x - x, to_y - y) / longer / _CENTRE_ALL, _CENTRE_LEAST), 1.0)
    before = max(state.box.width_px, state.box.height_px, 1e-6)
    surprise = min(max(log(longer / before), -_SURPRISE_MOST), _SURPRISE_MOST)
    elapsed_s = now_s - state.found_s
    faster = _BETA * surprise / elapsed_s if elapsed_s > 0 else 0.0
    growth_hz = min(max(state.growth_hz + faster, -_GROWTH_MOST_HZ), _GROWTH_MOST_HZ)
    # The shape is the finder's newest, since the crop goes by the longer side alone.
    box = _around(x + share * (to_x - x), y + share * (to_y - y), found, before * exp(_ALPHA * surprise) / longer)
    return FilteredBox(box, growth_hz, now_s, now_s)


def _around(x: float, y: float, box: Box, scale: float) -> Box:
    width, height = box.width_px * scale, box.height_px * scale
    return Box(x - width / 2, y - height / 2, width, height)
