"""Looks through one lane's camera with the daemon's own perception, and decides nothing: no gate, no line."""

from collections.abc import Callable
from dataclasses import dataclass

from binarycop.aim.figures import WINDOW_S, Figures, Recent
from binarycop.aim.judgement import Camera, Judgement, judge
from binarycop.aim.sample import FaceSample, Sample, place_in, room_in
from binarycop.clock import Clock
from binarycop.detection.exposure import Exposure, exposure_of
from binarycop.errors import SourceError
from binarycop.frames.base import Frame
from binarycop.frames.camera_controls import CameraControls
from binarycop.frames.grabber import Grabber
from binarycop.frames.names import is_camera
from binarycop.frames.source_event import SourceEventKind
from binarycop.service.failover_classifier import FailoverClassifier
from binarycop.service.perception import Sighting
from binarycop.service.perception_runner import PerceptionRunner
from binarycop.service.person_votes import PersonVotes
from binarycop.settings.schema import LaneSettings

_WAIT_S = 0.05
_LIVE_S = 2.0  # the shown figures cover only this time, so that they follow the camera
_CONTROLS_EVERY_S = _JUDGED_EVERY_S = 1.0
_HANGS_S = 5.0  # V4L2 itself waits 2 s for a picture
_WITHOUT_FRAMES = frozenset({SourceEventKind.LOST, SourceEventKind.FROZEN, SourceEventKind.TRUNCATED})
_WITH_FRAMES = frozenset({SourceEventKind.BACK, SourceEventKind.MOVING})


@dataclass(frozen=True)
class View:
    """What there is to show at one moment.

    elapsed_s: since the start. mode: what the source sends, or None before it is open. camera: its frames have size 0
    before the first one. trouble: why there are no frames or no faces; empty if all works. face: in the
    newest frame. live: the figures of the last two seconds. votes: of the person in front, since they came; None
    without anybody. judgement: of the last 20 s; None before.
    """

    elapsed_s: float
    mode: str | None
    camera: Camera
    trouble: str
    controls: CameraControls
    face: FaceSample | None
    live: Figures
    votes: PersonVotes | None
    judgement: Judgement | None


class Session:
    """One source, from its frames to figures. One thread uses it; the caller closes grabber and runner.

    runner: with the perception of this lane only. classifier: that perception's; it may neither load the overlay again
    nor use the emulator instead, so a failure ends the session. margin: a frame with a smaller lead gives no vote.
    is_region: the detector is ``fixed``. read_controls: gives the camera's exposure and gain.
    is_over: a recording is over, and its last frame has been looked at.
    """

    def __init__(
        self,
        lane: LaneSettings,
        margin: int,
        grabber: Grabber,
        runner: PerceptionRunner,
        classifier: FailoverClassifier,
        clock: Clock,
        read_controls: Callable[[], CameraControls],
        *,
        is_region: bool,
    ) -> None:
        self._lane, self._margin, self._is_region = lane, margin, is_region
        self._grabber, self._runner, self._classifier = grabber, runner, classifier
        self._clock, self._read_controls = clock, read_controls
        self._begun_s = clock.now_s()
        self._frame: Frame | None = None
        self._size = (0, 0)
        self._newest: Sample | None = None
        self._votes: PersonVotes | None = None
        self._recent, self._trouble = Recent(), ""
        self._is_detector_late = False
        self._judgement: tuple[float, Judgement] | None = None  # when it was made, and what it is
        self._controls, self._controls_s = CameraControls(), self._begun_s - _CONTROLS_EVERY_S
        self.is_over = False
        grabber.start()

    def step(self) -> None:
        """Look at the newest frame, if there is one; takes a tenth of a second at most.

        Raises SourceError for a source that gives no frame at all, DetectorError, BackendError.
        """
        if self._runner.is_idle:
            self._frame = self._grabber.take(_WAIT_S)
            frames = {} if self._frame is None else {0: self._frame}
            self._runner.submit(frames, self._clock.now_s())
        sightings = self._runner.take(_WAIT_S)
        if sightings is not None:
            self._follow(sightings[0])
            if self._frame is not None:
                self._add(sightings[0], self._frame)
            self._frame = None
            self._classifier.recover(self._clock.now_s())  # raises, if it has failed: it may not load the overlay again
        self._check_source()

    def view(self) -> View:
        """What there is to show now."""
        now_s = self._clock.now_s()
        if is_camera(self._lane.frames.source) and now_s - self._controls_s >= _CONTROLS_EVERY_S:
            self._controls, self._controls_s = self._read_controls(), now_s
        elapsed_s = now_s - self._begun_s
        is_fresh = self._newest is not None and now_s - self._newest.at_s <= _LIVE_S
        return View(
            elapsed_s=elapsed_s,
            mode=self._grabber.mode,
            camera=self._camera(),
            trouble=self._source_trouble() or self._hanging(),
            controls=self._controls,
            face=self._newest.face if self._newest is not None and is_fresh else None,
            live=self._recent.figures(now_s, _LIVE_S),
            votes=self._votes,
            judgement=self._newest_judgement(now_s) if elapsed_s >= WINDOW_S else None,
        )

    def judgement(self) -> Judgement:
        """Of the last 20 s, or of what there has been of them."""
        newest_s = self._newest.at_s if self._newest is not None else 0.0
        # A recording that is over is judged by its own last seconds.
        until_s = newest_s if self._grabber.has_ended else self._clock.now_s()
        figures = self._recent.figures(until_s)
        return judge(figures, self._camera(), self._lane.faces, self._lane.verdict, self._source_trouble())

    def _newest_judgement(self, now_s: float) -> Judgement:
        if self._judgement is None or now_s - self._judgement[0] >= _JUDGED_EVERY_S:
            self._judgement = now_s, self.judgement()
        return self._judgement[1]

    def _source_trouble(self) -> str:
        """Why there are no frames, in words; empty if that is not known."""
        hangs = self._grabber.busy_s() > _HANGS_S
        return self._trouble or ("the source does not answer: its driver hangs" if hangs else "")

    def _hanging(self) -> str:
        """Which part does not answer, in words; empty if all do."""
        if self._runner.busy_s() > self._lane.faces.deadline_s:
            return "a frame takes longer than faces.deadline_s"
        return "the detector does not answer" if self._is_detector_late else ""

    def _camera(self) -> Camera:
        frames = self._lane.frames
        return Camera(*self._size, frames.rate_hz if is_camera(frames.source) else None, self._is_region)

    def _follow(self, sighting: Sighting) -> None:
        """Another person gets new votes; a person is also gone after a while without frames."""
        if sighting.person is None:
            self._votes = None
        elif self._votes is None or self._votes.person != sighting.person:
            self._votes = PersonVotes(sighting.person)

    def _add(self, sighting: Sighting, frame: Frame) -> None:
        height_px, width_px = frame.picture.shape[:2]
        self._size, self._is_detector_late = (width_px, height_px), sighting.is_detector_late
        exposure = exposure_of(frame.picture, sighting.box)
        face = self._vote(sighting, exposure, frame.captured_s)
        behind = exposure.background
        self._newest = Sample(
            at_s=frame.captured_s,
            number=frame.number,
            face=face,
            behind=None if behind is None else behind.brightness,
            behind_clipped=None if behind is None else behind.clipped,
        )
        self._recent.add(self._newest)

    def _vote(self, sighting: Sighting, exposure: Exposure, captured_s: float) -> FaceSample | None:
        """Count the frame's vote as the daemon does. Returns None without a visible face."""
        box, light, scores = sighting.box, sighting.light, sighting.scores
        if self._votes is None or box is None or light is None:
            return None
        self._votes.see_face(box.width_px, light)
        lead, has_vote = None, False
        if scores is not None:
            self._votes.add(scores, captured_s, self._lane.verdict, self._margin)
            window = self._votes.window
            if window is not None:
                lead, has_vote = window.votes[-1].margin, window.votes[-1].mask_class is not None
        across, down = place_in(box, *self._size)
        left, right, top, bottom = room_in(box, *self._size)
        return FaceSample(
            width_px=box.width_px,
            shorter_px=box.shorter_px,
            across=across,
            down=down,
            left=left,
            right=right,
            top=top,
            bottom=bottom,
            brightness=light.brightness,
            box_brightness=exposure.face.brightness if exposure.face is not None else light.brightness,
            sharpness=light.sharpness,
            clipped=exposure.face.clipped if exposure.face is not None else 0.0,
            backlight=exposure.backlight,
            lead=lead,
            has_vote=has_vote,
        )

    def _check_source(self) -> None:
        source = self._lane.frames.source
        for event in self._grabber.events():
            if event.kind in _WITHOUT_FRAMES:
                self._trouble = event.detail
            elif event.kind in _WITH_FRAMES:
                self._trouble = ""
        end = self._grabber.end
        is_dead = end is not None and end.kind is SourceEventKind.LOST
        if is_dead or self._grabber.is_absent:
            raise SourceError(source, self._trouble or "gives no frames")
        self.is_over = self._grabber.has_ended and self._frame is None
