"""Who is in front: one identity per passage, from the nearest face of each frame.

Pure: boxes and times in, a sighting out. A face that overlaps the last one, or is as near to it as a
step could bring it, is the same person; one lost for longer than ``lost_s`` is gone.
"""

from dataclasses import dataclass

from binarycop.faces.box import Box

_OVERLAP_LEAST = 0.2
_STEP_MOST = 0.75  # of the box's longer side, between the centres
_GROWTH_MOST = 2.0  # between the areas; nobody doubles within a step


@dataclass(frozen=True)
class Following:
    """The state: who is followed, where and when last seen; ``count`` numbers people from 1."""

    count: int = 0
    box: Box | None = None
    seen_s: float = 0.0

    @property
    def person(self) -> int | None:
        """The person followed now."""
        return self.count if self.box else None


def step(state: Following, box: Box | None, now_s: float, lost_s: float) -> Following:
    """Take the nearest face's box of a frame, or None; returns the new state."""
    if state.box is not None and now_s - state.seen_s > lost_s:
        state = Following(state.count)
    if box is None:
        return state
    if state.box is not None and _is_same(state.box, box):
        return Following(state.count, box, now_s)
    return Following(state.count + 1, box, now_s)


def forget(state: Following) -> Following:
    """After a passage: whoever is seen next is somebody new."""
    return Following(state.count)


def _is_same(before: Box, after: Box) -> bool:
    if before.overlap(after) >= _OVERLAP_LEAST:
        return True
    reach = _STEP_MOST * max(before.width_px, before.height_px)
    dx, dy = (a - b for a, b in zip(after.centre, before.centre))
    growth = max(after.area_px, 1e-9) / max(before.area_px, 1e-9)
    return dx * dx + dy * dy <= reach * reach and 1 / _GROWTH_MOST <= growth <= _GROWTH_MOST
