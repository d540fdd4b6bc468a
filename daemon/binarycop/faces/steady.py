"""A steady box for the crop: what the finder gives anew each time is taken over in part.

A small difference from the last box is mostly the finder's noise, and a large one mostly a person that moved: so
the share that is taken over grows with the difference.
"""

from math import exp, hypot, log

from binarycop.faces.box import Box

_LEAST = 0.25  # the share of a small difference
_CENTRE = 0.12  # of the box's longer side: from here on all of a difference is taken over
_SIZE = 0.15  # the same for the size, as a logarithm


def steady(before: Box, found: Box) -> Box:
    """The box to crop by, after the finder has given ``found`` where ``before`` was cropped by."""
    longer = max(found.width_px, found.height_px, 1e-6)
    (x, y), (new_x, new_y) = before.centre, found.centre
    share = _share(hypot(new_x - x, new_y - y) / longer / _CENTRE)
    x, y = x + share * (new_x - x), y + share * (new_y - y)
    width, height = _size(before.width_px, found.width_px), _size(before.height_px, found.height_px)
    return Box(x - width / 2, y - height / 2, width, height)


def _size(before_px: float, found_px: float) -> float:
    difference = log(max(found_px, 1e-6) / max(before_px, 1e-6))
    return before_px * exp(_share(abs(difference) / _SIZE) * difference)


def _share(difference: float) -> float:
    return min(max(difference, _LEAST), 1.0)
