"""What the lanes see: each lane's front person in its newest frame, and the scores of all crops, as one batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.crop import shrink_by_opencv
from binarycop.detection.light import Light, light_of
from binarycop.detection.views import cut_views, mean_scores
from binarycop.frames.base import Frame
from binarycop.geometry import Box, CropGeometry
from binarycop.pixels import Shrink
from binarycop.record import replace
from binarycop.service.failover_classifier import FailoverClassifier
from binarycop.settings.faces import FacesSettings
from binarycop.trace import NO_TRACER, Stage, Tracer
from binarycop.tracking.tracker import Tracker


@dataclass(frozen=True)
class Sighting:
    """What one lane sees in one step.

    number, captured_s: of the frame; None if this lane had no new frame. person: who is in front, or None. presence:
    the number of the unbroken presence. box: the face, None while it is not visible. light: of the face, None if it was
    not cut out of the frame. scores: the four mean scores of its views, or None if there are none. due_s: when the
    person counts as gone if no frame comes. resets: how many requests for new identities it takes into account.
    is_detector_late: the detector has exceeded its deadline. still_faces: the faces that are left out from now on, each
    as its centre's distance from the left and from the top, in percent. moved_s: when something last moved. has_face: a
    face is tracked that is not left out. gaps: how often the front person's face was found again after nothing had
    shown it for longer than ``faces.lost_s``.
    """

    person: int | None = None
    presence: int | None = None
    box: Box | None = None
    light: Light | None = None
    number: int | None = None
    captured_s: float | None = None
    scores: tuple[int, ...] | None = None
    due_s: float | None = None
    resets: int = 0
    is_detector_late: bool = False
    still_faces: tuple[tuple[int, int], ...] = ()
    moved_s: float = 0.0
    has_face: bool = False
    gaps: int = 0


class LaneView:
    """One lane's tracker. Only the thread that runs ``Perception.step`` uses it, except for the three requests below.

    face_views: how many views of the front person's face are cut out of each frame. shrink: see ``crop``.
    """

    def __init__(
        self,
        tracker: Tracker,
        geometry: CropGeometry,
        face_views: int = 1,
        tracer: Tracer = NO_TRACER,
        shrink: Shrink = shrink_by_opencv,
    ) -> None:
        self._tracker, self._geometry, self._face_views, self._tracer = tracker, geometry, face_views, tracer
        self._shrink = shrink
        self._requested_resets = self._resets = 0
        # Nobody clears the request: one that came while an earlier one is applied would be lost.
        self._requested_settings: FacesSettings | None = None
        self._applied_settings: FacesSettings | None = None
        self._crop_interval_s, self._cropped_s = 0.0, -inf

    @property
    def requested_resets(self) -> int:
        """How many times new identities were requested."""
        return self._requested_resets

    def request_reset(self) -> None:
        """From the next step on, the person in front has a new number."""
        self._requested_resets += 1

    def request_settings(self, settings: FacesSettings) -> None:
        """Use other settings from the next step on."""
        self._requested_settings = settings

    def request_crop_interval(self, interval_s: float) -> None:
        """From the next step on, cut out the front person's face at most this often; 0: in each frame."""
        self._crop_interval_s = interval_s

    def busy_s(self, now_s: float) -> float:
        """For how many seconds the detector has been busy with one frame; 0 if it is not busy. From any thread."""
        return self._tracker.waiting_s(now_s)

    def look(self, frame: Frame | None, now_s: float) -> tuple[Sighting, NDArray[np.uint8] | None]:
        """Track the people in a frame, or let time pass without one.

        Returns what is seen, without scores, and the views of the front person's face, (V, 32, 32, 3) uint8 RGB, or
        None if there is no frame, nobody is visible, or it is too early for another vote. Raises DetectorError.
        """
        self._apply_requests()
        with self._tracer.span(Stage.TRACK):
            front = self._tracker.advance_time(now_s) if frame is None else self._tracker.step(frame, now_s)
        sighting = Sighting(
            front.person,
            front.track,
            front.box,
            number=frame.number if frame else None,
            captured_s=frame.captured_s if frame else None,
            due_s=self._tracker.due_s(),
            resets=self._resets,
            is_detector_late=self._tracker.is_late(now_s),
            still_faces=tuple(_percent(box, frame) for box in front.still_faces) if frame else (),
            moved_s=self._tracker.moved_s,
            has_face=self._tracker.has_face,
            gaps=front.gaps,
        )
        if frame is None or front.box is None or not self._is_crop_due(frame.captured_s):
            return sighting, None
        with self._tracer.span(Stage.CROP):
            views = cut_views(frame.picture, front.box, self._geometry, self._face_views, self._shrink)
            return replace(sighting, light=light_of(views[0])), views

    def _is_crop_due(self, captured_s: float) -> bool:
        if captured_s - self._cropped_s < self._crop_interval_s:
            return False
        self._cropped_s = captured_s
        return True

    def _apply_requests(self) -> None:
        settings = self._requested_settings
        if settings is not None and settings is not self._applied_settings:
            self._applied_settings = settings
            self._tracker.apply_settings(settings)
        requested = self._requested_resets
        if requested != self._resets:
            self._resets = requested
            self._tracker.reset_identities()


def _percent(box: Box, frame: Frame) -> tuple[int, int]:
    """Where the centre of a face is in the frame."""
    (x_px, y_px), (height_px, width_px) = box.centre, frame.picture.shape[:2]
    across, down = (min(max(round(100 * at), 0), 100) for at in (x_px / width_px, y_px / height_px))
    return across, down


class Perception:
    """The views of all lanes and their one classifier. One thread at a time uses it."""

    def __init__(self, views: Sequence[LaneView], classifier: FailoverClassifier, tracer: Tracer = NO_TRACER) -> None:
        self.views, self.classifier, self._tracer = tuple(views), classifier, tracer

    def step(self, frames: Mapping[int, Frame], now_s: float) -> list[Sighting]:
        """Process the new frames, by the index of their lane. Returns what each lane sees.

        Raises BackendError, DetectorError. A lane whose crops got no scores has none in its sighting.
        """
        sightings: list[Sighting] = []
        crops: dict[int, NDArray[np.uint8]] = {}
        for index, view in enumerate(self.views):
            sighting, face = view.look(frames.get(index), now_s)
            sightings.append(sighting)
            if face is not None:
                crops[index] = face
        if not crops:
            return sightings
        with self._tracer.span(Stage.CLASSIFY):
            scores = self.classifier.scores(np.concatenate(list(crops.values())))
        if scores is not None:
            start = 0
            for index, face in crops.items():
                mean = mean_scores(scores[start : start + len(face)])
                sightings[index] = replace(sightings[index], scores=tuple(mean.tolist()))
                start += len(face)
        return sightings
