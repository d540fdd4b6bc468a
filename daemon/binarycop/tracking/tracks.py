"""Who is where: every person in sight with an identity of their own, and which of them is in front.

Pure: small frames, found boxes and times in, the new state out. A person who is found again within ``lost_s``
near their last place is the same; the finder says that somebody is there, templates only where they have gone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from binarycop.geometry import Box
from binarycop.tracking import box_filter, template
from binarycop.tracking.box_filter import FilteredBox
from binarycop.tracking.low_res import LowResFrame
from binarycop.tracking.template import Template

_OVERLAP_LEAST = 0.2
_STEP_MOST = 0.75  # of the box's longer side, between the centres
_GROWTH_MOST = 2.0  # between the areas; nobody doubles within a step
_ALIKE = 0.6  # the least correlation of a face with itself, a few frames later
_NEARER = 1.2  # how much larger another face must be to be the one in front


@dataclass(frozen=True)
class Track:
    """One person in sight.

    key: the track's own number. person: the number they got when they were first in front. box: where the face is.
    filtered: the same, steadied, to crop by. picture: None where the face cannot be followed between finds. seen_s: when
    last in sight. is_found: whether the finder's last answer had them. is_seen: whether the newest frame shows them.
    """

    key: int
    box: Box
    filtered: FilteredBox
    template: Template | None
    seen_s: float
    person: int | None = None
    is_found: bool = True
    is_seen: bool = True


@dataclass(frozen=True)
class Tracks:
    """The state. born and met number tracks and people from 1; front: the key of who decides."""

    last_track_id: int = 0
    last_person_id: int = 0
    front: int | None = None
    all: tuple[Track, ...] = ()

    @property
    def in_front(self) -> Track | None:
        """Who decides, also while they are out of sight for a moment."""
        return next((one for one in self.all if one.key == self.front), None)

    @property
    def all_visible(self) -> bool:
        """Whether the newest frame shows everybody, also where there is nobody."""
        return all(one.is_seen for one in self.all)

    def boxes(self) -> dict[int, Box]:
        """Every track's place by its key."""
        return {one.key: one.box for one in self.all}


def refresh(state: Tracks, now_s: float) -> Tracks:
    """Nothing has moved: who was in sight still is."""
    return replace(state, all=tuple(replace(one, seen_s=now_s) if one.is_seen else one for one in state.all))


def propagate(state: Tracks, small: LowResFrame, now_s: float) -> Tracks:
    """Follow everybody into the next frame."""
    return replace(state, all=tuple(_propagate_one(one, small, now_s) for one in state.all))


def update(
    state: Tracks,
    before: Mapping[int, Box],
    found: Sequence[tuple[Box, Template | None]],
    small: LowResFrame | None,
    now_s: float,
) -> Tracks:
    """Take an answer of the finder.

    before: each track's place in the frame that it is about. found: what it has found there, and the faces' pictures.
    small: the newest frame, where that is another one: what was found is looked for in it.
    """
    pairs = _associate(before, [box for box, _ in found])
    tracks = []
    for one in state.all:
        if one.key in pairs:
            tracks.append(_update_one(one, *found[pairs[one.key]], small, now_s))
        elif one.key in before:
            tracks.append(replace(one, is_found=False, is_seen=False))
        else:
            tracks.append(one)
    born = state.last_track_id
    for index, (box, picture) in enumerate(found):
        place = box if small is None else _located(picture, small, box)
        if index not in pairs.values() and place is not None:
            born += 1
            tracks.append(Track(born, place, box_filter.initiate(place, now_s), picture, now_s))
    return replace(state, last_track_id=born, all=tuple(tracks))


def prune_and_select(state: Tracks, now_s: float, lost_s: float) -> Tracks:
    """Let go of who has been out of sight for too long, and say who is in front: the nearest, so the largest."""
    state = replace(state, all=tuple(one for one in state.all if now_s - one.seen_s <= lost_s))
    front = state.in_front
    nearest = max((one for one in state.all if one.is_seen), key=lambda one: one.filtered.box.area_px, default=None)
    if nearest is None or (front is not None and nearest.filtered.box.area_px <= _NEARER * front.filtered.box.area_px):
        nearest = front
    if nearest is None:
        return replace(state, front=None)
    if nearest.person is not None:
        return replace(state, front=nearest.key)
    met = state.last_person_id + 1
    named = tuple(replace(one, person=met) if one is nearest else one for one in state.all)
    return replace(state, last_person_id=met, front=nearest.key, all=named)


def reset_identities(state: Tracks) -> Tracks:
    """After a passage or a fault: whoever is in front next is somebody new."""
    return replace(state, front=None, all=tuple(replace(one, person=None) for one in state.all))


def _propagate_one(one: Track, small: LowResFrame, now_s: float) -> Track:
    place = _located(one.template, small, one.box)
    if place is None:
        return replace(one, is_seen=False)
    moved = replace(one, box=place, filtered=box_filter.predict(one.filtered, one.box, place, now_s))
    # A place that the finder has doubts about is kept up, but nobody is judged there.
    return replace(moved, seen_s=now_s, is_seen=True) if one.is_found else replace(moved, is_seen=False)


def _update_one(one: Track, box: Box, picture: Template | None, small: LowResFrame | None, now_s: float) -> Track:
    if small is not None:
        # Since that frame the face was followed already: it is looked for where it is now.
        here = Box(*_corner(one.box, box), box.width_px, box.height_px)
        place = _located(picture, small, here)
        if place is None:
            return replace(one, template=picture, is_found=True, is_seen=False)
        box = place
    calm = box_filter.update(one.filtered, box, now_s)
    return replace(one, box=box, filtered=calm, template=picture, seen_s=now_s, is_found=True, is_seen=True)


def _located(picture: Template | None, small: LowResFrame, box: Box) -> Box | None:
    if picture is None:
        return None
    match = template.match(picture, small, box)
    return match.box if match.correlation >= _ALIKE else None


def _corner(centred_on: Box, size: Box) -> tuple[float, float]:
    x, y = centred_on.centre
    return x - size.width_px / 2, y - size.height_px / 2


def _associate(before: Mapping[int, Box], found: Sequence[Box]) -> dict[int, int]:
    """Which found box, by its index, is which track's, by its key; each at most once, the likeliest first."""
    likely = sorted(
        (
            (-box.iou(after), _distance(box, after), key, index)
            for key, box in before.items()
            for index, after in enumerate(found)
            if _is_same(box, after)
        )
    )
    pairs: dict[int, int] = {}
    for _, _, key, index in likely:
        if key not in pairs and index not in pairs.values():
            pairs[key] = index
    return pairs


def _is_same(before: Box, after: Box) -> bool:
    if before.iou(after) >= _OVERLAP_LEAST:
        return True
    reach = _STEP_MOST * max(before.width_px, before.height_px)
    growth = max(after.area_px, 1e-9) / max(before.area_px, 1e-9)
    return _distance(before, after) <= reach and 1 / _GROWTH_MOST <= growth <= _GROWTH_MOST


def _distance(one: Box, other: Box) -> float:
    (x, y), (other_x, other_y) = one.centre, other.centre
    return float(((x - other_x) ** 2 + (y - other_y) ** 2) ** 0.5)
