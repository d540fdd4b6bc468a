"""From frames to the front person: decides when the detector runs, and combines its results with template matching.

Between detections, templates follow every face. While the scene is static and no track is lost, neither the detector
nor templates run; only the motion detection looks at each frame. While a large face is in front and no track is lost,
most searches are coarse: they find every face that could come in front, and may miss smaller ones.
"""

from dataclasses import dataclass

from binarycop.detection.base import Face
from binarycop.frames.base import Frame
from binarycop.frames.low_res import LowResFrame, subsample
from binarycop.geometry import Box
from binarycop.record import replace
from binarycop.settings.faces import FacesSettings
from binarycop.tracking import motion, template, tracks
from binarycop.tracking.association import Expected
from binarycop.tracking.motion import Motion
from binarycop.tracking.runner import DetectorRunner
from binarycop.tracking.still_faces import StillFaces
from binarycop.tracking.tracks import Tracks

_SELDOM_S, _FRAME_S = 0.12, 0.04  # frames further apart than the first count as the second for ``find_every``
_MAX_DETECTIONS = 8  # of one frame that are tracked, the largest ones
_COARSE_SEARCHES = 3  # in a row; the next one finds small faces too
_COARSE_SHARE = 0.7  # of the front face's shorter side: a face comes in front only if it is larger than the front face


@dataclass(frozen=True)
class FrontPerson:
    """The tracker's result.

    person: None if nobody is in front. box: the face, None while the track is lost. track: the number of the track,
    which stays the same when a passage gives the person in front a new number. still_faces: faces that are left out
    from this frame on, since they never move. gaps: how often the face was found again after nothing had shown it for
    longer than ``faces.lost_s``, since frames came too seldom.
    """

    person: int | None
    box: Box | None
    track: int | None = None
    still_faces: tuple[Box, ...] = ()
    gaps: int = 0


@dataclass(frozen=True)
class _PendingRequest:
    """A request to the detector.

    frame: the frame it is about, which was added at submitted_s. expected: where each track should be in it, by id.
    newest, newest_s: the newest frame, and when it was added. interval_s: from the frame before to that one. least_px:
    faces whose shorter side is below it may be missing.
    """

    frame: LowResFrame
    submitted_s: float
    expected: dict[int, Expected]
    newest: LowResFrame
    newest_s: float
    interval_s: float
    least_px: float


class Tracker:
    """Tracks all people in one lane's frames. Only one thread may use it.

    detect_every_frame: run the detector on every frame, and never track in between. For ``fixed``, which detects motion
    itself. searches_coarsely: the detector is a ``CoarseDetector``.
    """

    def __init__(
        self,
        runner: DetectorRunner,
        settings: FacesSettings,
        *,
        detect_every_frame: bool = False,
        searches_coarsely: bool = False,
    ) -> None:
        self._runner, self._settings, self._detect_every_frame = runner, settings, detect_every_frame
        self._searches_coarsely, self._coarse_searches = searches_coarsely, 0
        self._tracks, self._motion, self._still_faces = Tracks(), Motion(), StillFaces()
        self._pending: _PendingRequest | None = None
        self._frames_since_request, self._requested_s = settings.find_every, 0.0

    @property
    def moved_s(self) -> float:
        """When something last moved in a frame."""
        return self._motion.last_motion_s

    @property
    def has_face(self) -> bool:
        """Whether a face is tracked, also a lost one, that is not left out."""
        return any(track.track_id not in self._still_faces.left_out for track in self._tracks.tracks)

    def apply_settings(self, settings: FacesSettings) -> None:
        """Use other settings from the next frame on. The detector stays."""
        self._settings = settings

    def step(self, frame: Frame, now_s: float) -> FrontPerson:
        """Add the next frame. Raises DetectorError."""
        low_res, found = frame.low_res or subsample(frame.picture), list[Box]()
        before_s = self._motion.last_frame_s
        self._motion = motion.step(self._motion, low_res, now_s)
        is_static = self._motion.is_static(now_s) and not self._detect_every_frame
        if is_static and self._tracks.all_visible and self._pending is None:
            self._tracks = tracks.refresh(self._tracks, now_s)
            self._frames_since_request = self._settings.find_every
        else:
            self._track(frame, low_res, now_s, now_s - before_s)
            self._tracks = tracks.count_misses(self._tracks)
            found = self._still_faces.step(self._tracks.filtered_boxes(), self._settings.still_s, now_s)
        front = self.advance_time(now_s)
        return replace(front, still_faces=tuple(found)) if found else front

    def advance_time(self, now_s: float) -> FrontPerson:
        """The front person at this time, although no frame has come. Removes tracks that are lost for too long.

        A result of the detector that has come since the last frame counts at once. Raises DetectorError.
        """
        self._take_result()
        left_out = self._still_faces.left_out
        self._tracks = tracks.prune_and_select(self._tracks, now_s, self._settings.lost_s, left_out)
        front = self._tracks.front_track
        if front is None:
            return FrontPerson(None, None)
        box = front.filtered.box if front.is_visible else None
        return FrontPerson(front.person, box, front.track_id, gaps=front.gaps)

    def reset_identities(self) -> None:
        """After a passage or a fault: the next front person gets a new number."""
        self._tracks = tracks.reset_identities(self._tracks)

    def due_s(self) -> float | None:
        """When the front person's track will be removed if it stays lost. None if nobody is in front."""
        front = self._tracks.front_track
        return tracks.gone_s(front, self._settings.lost_s) + 0.001 if front else None

    def waiting_s(self, now_s: float) -> float:
        """How long the detector has been running on one frame; 0 if it is not running."""
        pending = self._pending  # another thread may call this while `step` is running
        if pending is None or self._runner.is_done:
            return 0.0
        return now_s - pending.submitted_s

    def is_late(self, now_s: float) -> bool:
        """Whether the detector has been running for longer than ``deadline_s``."""
        return self.waiting_s(now_s) > self._settings.deadline_s

    def close(self, timeout_s: float) -> bool:
        """Stop the detector. See ``DetectorRunner.close``."""
        return self._runner.close(timeout_s)

    def _track(self, frame: Frame, low_res: LowResFrame, now_s: float, interval_s: float) -> None:
        if not self._detect_every_frame:
            self._tracks = tracks.propagate(self._tracks, low_res, now_s)
        self._frames_since_request += 1
        if self._pending is not None:
            self._pending = replace(self._pending, newest=low_res, newest_s=now_s, interval_s=interval_s)
        elif self._is_detection_due(now_s, interval_s):
            expected, least_px = self._tracks.expected(now_s), self._least_px()
            self._coarse_searches = self._coarse_searches + 1 if least_px else 0
            self._pending = _PendingRequest(low_res, now_s, expected, low_res, now_s, interval_s, least_px)
            self._frames_since_request, self._requested_s = 0, now_s
            self._runner.submit(frame.picture, least_px)
        self._take_result()

    def _take_result(self) -> None:
        faces = self._runner.poll()
        if self._pending is not None and faces is not None:
            self._update(self._pending, faces)
            self._pending = None

    def _is_detection_due(self, now_s: float, interval_s: float) -> bool:
        find_every = self._settings.find_every
        if self._detect_every_frame or self._frames_since_request >= find_every:
            return True
        if interval_s > _SELDOM_S and now_s - self._requested_s >= find_every * _FRAME_S:
            return True
        # At once if a person may be coming, or if a track is lost.
        return not self._tracks.all_visible if self._tracks.tracks else self._motion.last_motion_s == now_s

    def _least_px(self) -> float:
        """The shorter side of the smallest face that the next search has to find, in pixels of the frame; 0: of any."""
        front = self._tracks.front_track
        is_settled = self._searches_coarsely and front is not None and self._tracks.all_visible
        if front is None or not is_settled or self._coarse_searches >= _COARSE_SEARCHES:
            return 0.0
        return _COARSE_SHARE * front.filtered.box.shorter_px

    def _update(self, request: _PendingRequest, faces: list[Face]) -> None:
        large = [face.box for face in faces if face.box.shorter_px >= self._settings.least_px]
        large = sorted(large, key=lambda box: box.area_px, reverse=True)[:_MAX_DETECTIONS]
        detections = [
            (box, None if self._detect_every_frame else template.extract(request.frame, box)) for box in large
        ]
        newest = None if request.newest is request.frame else request.newest
        self._tracks = tracks.update(
            self._tracks,
            request.expected,
            detections,
            newest,
            request.newest_s,
            request.interval_s,
            least_px=request.least_px,
        )
