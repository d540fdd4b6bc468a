"""Faces that never move while people walk past them, such as posters: they are left out, and cannot be in front.

Boxes and times in, no clock and no picture. The box filter keeps a drawn poster's box within 0.01 of its longer side,
and its size within 3 %. The head of a person who tries to stand still sways by about 5 mm, 0.025 of a face's height
(standard deviation), so few stay within ``_STILL_SHARE`` for long. A face that has walked is a person for as long as it
is tracked, unless it is exactly where a picture was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import dist, log

from binarycop.geometry import Box

# The largest deviation of a still face from its place, in its longer sides, and in the logarithm of its size.
_STILL_SHARE, _STILL_GROWTH = 0.04, 0.08
_WALKED_SHARE, _WALKED_GROWTH = 0.5, 0.25  # farther from where it was first seen: it has walked
_STEP_SHARE, _STEP_GROWTH = 0.75, 0.25  # a step is a face's width, or a person's growth on coming nearer
_WALKS_S = 2.0  # after a step a face counts as walking for this long
_STAYS_S = 1.0  # a face that has been at its place for less than this may belong to a walking person
# A partly covered picture seems to move, and its template may follow the covering person until the next detection.
_COVERED_S = 2.0  # a face that is away from its place for longer has moved
_SETTLED_S = 5.0  # a face that has walked, and has been at a picture's place for this long, is taken for the picture
_MAX_ELAPSED_S = 0.5  # between two frames; the time without frames does not count
_MAX_PLACES = 16


@dataclass
class _Place:
    """A place where a face does not move. still_s: how long it was there while somebody walked. seen_s: last time."""

    box: Box
    seen_s: float
    still_s: float = 0.0
    is_reported: bool = False


@dataclass
class _Path:
    """How one track has moved.

    first: where it was first seen. place: where it stays, while it has not walked. since_s: since when; if it has
    walked, since when it is at the place of a picture. away_s: since when it is not at its place. step_box, step_s:
    where and when it made its last step; None if it has made none. still_s: how much of its place's ``still_s`` it has
    added.
    """

    first: Box
    place: _Place
    since_s: float
    step_box: Box
    step_s: float | None = None
    away_s: float | None = None
    has_walked: bool = False
    still_s: float = 0.0


class StillFaces:
    """Learns where the still faces are; it remembers a place while its face is covered. One thread uses it.

    left_out: the ids of the tracks that cannot be in front now.
    """

    def __init__(self) -> None:
        self.left_out: frozenset[int] = frozenset()
        self._places: list[_Place] = []
        self._paths: dict[int, _Path] = {}
        self._now_s: float | None = None

    def step(self, boxes: Mapping[int, Box | None], still_s: float, now_s: float) -> list[Box]:
        """Add the next frame, and decide who is left out. Returns the faces that are still for the first time.

        boxes: the filtered box of each track, by its id; None while it is lost. still_s: a face is left out after this
        many seconds in which it stayed where it was first seen and somebody walked.
        """
        elapsed_s = 0.0 if self._now_s is None else min(now_s - self._now_s, _MAX_ELAPSED_S)
        self._now_s = now_s
        self._paths = {track_id: path for track_id, path in self._paths.items() if track_id in boxes}
        visible = {track_id: box for track_id, box in boxes.items() if box is not None}
        walkers = {track_id for track_id, box in visible.items() if self._walks(track_id, box, now_s)}
        left_out, new = [], []
        for track_id, box in visible.items():
            path = self._paths[track_id]
            if path.has_walked:
                is_still = self._settles(path, box, still_s, now_s)
            else:
                walked_s = elapsed_s if walkers - {track_id} else 0.0
                is_still = self._stays(path, box, walked_s, now_s) and path.place.still_s >= still_s
                if is_still and not path.place.is_reported:
                    path.place.is_reported = True
                    new.append(box)
            if is_still:
                left_out.append(track_id)
        self.left_out = frozenset(left_out)
        self._forget()
        return new

    def _walks(self, track_id: int, box: Box, now_s: float) -> bool:
        """Take a track's newest box; returns whether it has just made a step."""
        if track_id not in self._paths:
            self._paths[track_id] = _Path(box, self._place_of(box, now_s), now_s, box)
        path = self._paths[track_id]
        if not _is_within(path.step_box, box, _STEP_SHARE, _STEP_GROWTH):
            path.step_box, path.step_s = box, now_s
        return path.step_s is not None and now_s - path.step_s < _WALKS_S

    def _stays(self, path: _Path, box: Box, walked_s: float, now_s: float) -> bool:
        """Whether a track that has not walked is at its place now. walked_s: for how long somebody has walked."""
        place = path.place
        if _is_within(place.box, box, _STILL_SHARE, _STILL_GROWTH):
            path.away_s, place.seen_s = None, now_s
            if not place.still_s and _is_within(path.first, box, _STILL_SHARE, _STILL_GROWTH):
                place.box = box  # the first detection of a face is the least exact
            if now_s - path.since_s >= _STAYS_S:
                place.still_s += walked_s
                path.still_s += walked_s
            return True
        if path.away_s is None:
            path.away_s = now_s
        elif now_s - path.away_s > _COVERED_S:
            path.since_s, path.away_s = now_s, None
            path.has_walked = not _is_within(path.first, box, _WALKED_SHARE, _WALKED_GROWTH)
            if path.has_walked:
                # Many people may stand at one mark, each for a moment. A track of a known picture was taken over.
                place.still_s -= 0.0 if place.is_reported else path.still_s
            else:
                place.still_s = 0.0  # it can move, so it is no picture
                path.place = self._place_of(box, now_s)
        return False

    def _settles(self, path: _Path, box: Box, still_s: float, now_s: float) -> bool:
        """Whether a track that has walked has been at a picture's place for so long that it must be the picture's."""
        if not any(
            place.still_s >= still_s and _is_within(place.box, box, _STILL_SHARE, _STILL_GROWTH)
            for place in self._places
        ):
            path.since_s = now_s
        return now_s - path.since_s >= _SETTLED_S

    def _place_of(self, box: Box, now_s: float) -> _Place:
        """The place that this box is at, or a new one."""
        for place in self._places:
            if _is_within(place.box, box, _STILL_SHARE, _STILL_GROWTH):
                return place
        self._places.append(_Place(box, now_s))
        return self._places[-1]

    def _forget(self) -> None:
        """Keep the places seen last; of those without a face now, only places where a face was still."""
        taken = [path.place for path in self._paths.values() if not path.has_walked]
        kept = [place for place in self._places if place.still_s > 0 or any(place is other for other in taken)]
        self._places = sorted(kept, key=lambda place: place.seen_s)[-_MAX_PLACES:]


def _is_within(place: Box, box: Box, share: float, growth: float) -> bool:
    """Whether a box is near a place and has its size; see the limits above."""
    size_px = max(place.longer_px, 1e-6)
    return dist(place.centre, box.centre) <= share * size_px and abs(log(max(box.longer_px, 1e-6) / size_px)) <= growth
