"""All tracks of a lane: the place of each face, the number of each person, and who is in front.

Pure: low-resolution frames, detections and times in, the new state out. Only the detector confirms a person; templates
only move the box. A person who is lost and is detected again within ``lost_s`` near the last position is the same one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

from binarycop.frames.low_res import LowResFrame
from binarycop.geometry import Box
from binarycop.record import replace
from binarycop.tracking import box_filter, template
from binarycop.tracking.association import Expected, associate, expect
from binarycop.tracking.box_filter import FilteredBox
from binarycop.tracking.template import Template

_VELOCITY_S = 0.15  # a face's velocity is a mean over about this time
_MIN_CORRELATION = 0.6  # of a face with its template
_LEAST_MISSES = 2  # frames without a face, before it counts as having left
_MAX_UNSEEN_S = 2.0  # a track that nothing has shown for longer is removed, however few frames there were
_FRONT_RATIO = 1.2  # another face must be larger by this much, in area, to come to the front


@dataclass(frozen=True)
class Track:
    """One person.

    track_id: the track's own number. box: where the face is. filtered: the steady box, for the crop. template: of the
    last detection. last_seen_s: when last visible. person: number of the person, from when they were first in front.
    is_confirmed: whether the last detection found them. is_visible: whether they are in the newest frame; otherwise the
    track is lost. misses: how many frames since then did not show them. velocity_px_s: to the right and down. gaps: how
    often nothing had shown them for longer than ``lost_s`` when they were found again. counted_s: ``last_seen_s`` when
    the gaps were counted.
    """

    track_id: int
    box: Box
    filtered: FilteredBox
    template: Template | None
    last_seen_s: float
    person: int | None = None
    is_confirmed: bool = True
    is_visible: bool = True
    misses: int = 0
    velocity_px_s: tuple[float, float] = (0.0, 0.0)
    gaps: int = 0
    counted_s: float | None = None


@dataclass(frozen=True)
class Tracks:
    """The state.

    last_track_id, last_person_id: the highest numbers so far. front_id: track id of the front person.
    """

    last_track_id: int = 0
    last_person_id: int = 0
    front_id: int | None = None
    tracks: tuple[Track, ...] = ()

    @property
    def front_track(self) -> Track | None:
        """The front person's track, also while it is lost."""
        return next((track for track in self.tracks if track.track_id == self.front_id), None)

    @property
    def all_visible(self) -> bool:
        """Whether no track is lost. True if there are no tracks."""
        return all(track.is_visible for track in self.tracks)

    def expected(self, now_s: float) -> dict[int, Expected]:
        """Where each track's face should be in the frame of this time, by track id."""
        return {track.track_id: _expected(track, now_s) for track in self.tracks}

    def filtered_boxes(self) -> dict[int, Box | None]:
        """Each track's steady box, by track id; None while it is lost."""
        return {track.track_id: track.filtered.box if track.is_visible else None for track in self.tracks}


def refresh(state: Tracks, now_s: float) -> Tracks:
    """For a static scene: all visible tracks are still visible."""
    return replace(
        state, tracks=tuple(replace(track, last_seen_s=now_s) if track.is_visible else track for track in state.tracks)
    )


def propagate(state: Tracks, frame: LowResFrame, now_s: float) -> Tracks:
    """Move all tracks to the next frame, by their templates."""
    return replace(state, tracks=tuple(_propagate_one(track, frame, now_s) for track in state.tracks))


def update(
    state: Tracks,
    before: Mapping[int, Expected],
    detections: Sequence[tuple[Box, Template | None]],
    newest: LowResFrame | None,
    now_s: float,
    interval_s: float = 0.0,
    least_px: float = 0.0,
) -> Tracks:
    """Update all tracks with the detector's result.

    before: where each track's face should be in the frame that was submitted. detections: the boxes in it, and their
    templates; None for a face that cannot be tracked. newest: the newest frame if it is another one; each detection is
    then located in it. now_s: of the newest frame. interval_s: from the frame before to that one. least_px: a track
    with a smaller box, by its shorter side, is not lost if the detector has not found it.
    """
    pairs = associate(before, [box for box, _ in detections])
    tracks = []
    for track in state.tracks:
        if track.track_id in pairs:
            tracks.append(_update_one(track, *detections[pairs[track.track_id]], newest, now_s, interval_s))
        elif track.track_id in before and before[track.track_id].box.shorter_px >= least_px:
            tracks.append(replace(track, is_confirmed=False, is_visible=False))
        else:
            tracks.append(track)
    track_id = state.last_track_id
    for index, (detected, face_template) in enumerate(detections):
        box = detected if newest is None else _locate(face_template, newest, detected)
        if index not in pairs.values() and box is not None:
            track_id += 1
            tracks.append(Track(track_id, box, box_filter.initiate(box, now_s), face_template, now_s))
    return replace(state, last_track_id=track_id, tracks=tuple(tracks))


def prune_and_select(state: Tracks, now_s: float, lost_s: float, left_out: frozenset[int] = frozenset()) -> Tracks:
    """Remove the tracks that are gone (``gone_s``), and select the front person: the largest face.

    left_out: the ids of tracks that cannot be in front.
    """
    kept = tuple(_with_gaps(track, lost_s) for track in state.tracks if now_s <= gone_s(track, lost_s))
    front = next((track for track in kept if track.track_id == state.front_id and track.track_id not in left_out), None)
    visible = (track for track in kept if track.is_visible and track.track_id not in left_out)
    largest = max(visible, key=lambda track: track.filtered.box.area_px, default=None)
    if largest is None or (
        front is not None and largest.filtered.box.area_px <= _FRONT_RATIO * front.filtered.box.area_px
    ):
        largest = front
    front_id, last_person_id = None if largest is None else largest.track_id, state.last_person_id
    if largest is not None and largest.person is None:
        last_person_id += 1
        kept = tuple(replace(track, person=last_person_id) if track is largest else track for track in kept)
    return Tracks(state.last_track_id, last_person_id, front_id, kept)


def gone_s(track: Track, lost_s: float) -> float:
    """When a track is removed if it is not found again: ``lost_s`` after it was last visible.

    Later if frames come seldom: without frames nothing is known, and one frame without the face may be an error.
    """
    is_missed = not track.is_visible and not track.is_confirmed and track.misses >= _LEAST_MISSES
    return track.last_seen_s + (lost_s if is_missed else max(lost_s, _MAX_UNSEEN_S))


def count_misses(state: Tracks) -> Tracks:
    """At the end of a frame: count it as missed by the lost tracks."""
    if state.all_visible:
        return state
    return replace(
        state,
        tracks=tuple(track if track.is_visible else replace(track, misses=track.misses + 1) for track in state.tracks),
    )


def reset_identities(state: Tracks) -> Tracks:
    """After a passage or a fault: the next front person gets a new number."""
    return replace(state, front_id=None, tracks=tuple(replace(track, person=None) for track in state.tracks))


def _propagate_one(track: Track, frame: LowResFrame, now_s: float) -> Track:
    box = _locate(track.template, frame, track.box)
    if box is None:
        return replace(track, is_visible=False)
    # An unconfirmed track still moves with its template, but it stays lost until the detector confirms it again.
    is_seen = track.is_confirmed
    return replace(
        track,
        box=box,
        filtered=box_filter.predict(track.filtered, track.box, box, now_s),
        velocity_px_s=_velocity(track, box, now_s),
        last_seen_s=now_s if is_seen else track.last_seen_s,
        is_visible=is_seen,
        misses=0 if is_seen else track.misses,
    )


def _update_one(
    track: Track,
    detected: Box,
    face_template: Template | None,
    newest: LowResFrame | None,
    now_s: float,
    interval_s: float,
) -> Track:
    box: Box | None = detected
    if newest is not None:
        # A track that is still visible has moved since the frame of the detection, so the face is where it is now.
        centre = track.box.centre if track.is_visible else detected.centre
        box = _locate(face_template, newest, Box.centred(*centre, detected.width_px, detected.height_px))
    track = replace(track, template=face_template, is_confirmed=True)
    if box is None:
        return replace(track, is_visible=False)
    return replace(
        track,
        box=box,
        filtered=box_filter.update(track.filtered, box, now_s, interval_s),
        velocity_px_s=_velocity(track, box, now_s),
        last_seen_s=now_s,
        is_visible=True,
        misses=0,
    )


def _expected(track: Track, now_s: float) -> Expected:
    # A face that several frames do not show has not moved far: it is turned away or covered.
    unseen_s = 0.0 if track.misses >= _LEAST_MISSES else now_s - track.last_seen_s
    return expect(track.box, track.velocity_px_s, track.filtered.growth_hz, unseen_s)


def _with_gaps(track: Track, lost_s: float) -> Track:
    if track.counted_s == track.last_seen_s:
        return track
    has_gap = track.counted_s is not None and track.last_seen_s - track.counted_s > lost_s
    return replace(track, gaps=track.gaps + has_gap, counted_s=track.last_seen_s)


def _velocity(track: Track, box: Box, now_s: float) -> tuple[float, float]:
    """The velocity of a face that is at ``box`` now."""
    elapsed_s = now_s - track.last_seen_s
    if elapsed_s <= 0:
        return track.velocity_px_s
    share = 1 - exp(-elapsed_s / _VELOCITY_S)
    right, down = (
        before + share * ((to - start) / elapsed_s - before)
        for before, start, to in zip(track.velocity_px_s, track.box.centre, box.centre)
    )
    return right, down


def _locate(face_template: Template | None, frame: LowResFrame, box: Box) -> Box | None:
    """The template's position near ``box``; None if nothing there matches."""
    if face_template is None:
        return None
    match = template.match(face_template, frame, box)
    return match.box if match.correlation >= _MIN_CORRELATION else None
