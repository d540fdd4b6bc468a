"""From frames to the person in front: when the finder is asked, and what is done with its answers.

Between finds everybody is followed by their picture; while nothing moves nothing is computed at all.
"""

from dataclasses import dataclass

from binarycop.frames.base import Frame
from binarycop.geometry import Box
from binarycop.settings.faces import FacesSettings
from binarycop.tracking import motion, template, tracks
from binarycop.tracking.low_res import LowResFrame, subsample
from binarycop.tracking.motion import Motion
from binarycop.tracking.runner import DetectorRunner
from binarycop.tracking.tracks import Tracks

_MOST = 8  # people followed from one answer; in a crowd the nearest


@dataclass(frozen=True)
class FrontPerson:
    """Who is in front, None for nobody. box: where their face is, None while it is out of sight for a moment."""

    person: int | None
    box: Box | None


@dataclass(frozen=True)
class _PendingRequest:
    """What the finder was asked. small: the frame; boxes: where everybody was in it, by their track's key."""

    small: LowResFrame
    boxes: dict[int, Box]
    asked_s: float


class Tracker:
    """Follows everybody in one lane's frames. One thread uses it.

    detect_every_frame: put every frame before the finder and follow nothing: for ``fixed``, which watches its spot itself.
    """

    def __init__(self, seeker: DetectorRunner, settings: FacesSettings, *, detect_every_frame: bool = False) -> None:
        self._seeker, self._settings, self._detect_every_frame = seeker, settings, detect_every_frame
        self._tracks, self._motion = Tracks(), Motion()
        self._question: _PendingRequest | None = None
        self._since_asked = settings.find_every

    def apply_settings(self, settings: FacesSettings) -> None:
        """Go on by other settings; the finder stays."""
        self._settings = settings

    def step(self, frame: Frame, now_s: float) -> FrontPerson:
        """Take the next frame. Raises DetectorError."""
        small = subsample(frame.pixels)
        if not self._detect_every_frame:
            self._motion = motion.step(self._motion, small, now_s)
        if self._motion.is_static(now_s) and self._tracks.all_visible and self._question is None:
            self._tracks = tracks.refresh(self._tracks, now_s)
            self._since_asked = self._settings.find_every
        else:
            self._look(frame, small, now_s)
        return self.advance_time(now_s)

    def advance_time(self, now_s: float) -> FrontPerson:
        """Who is in front by now, though no frame has come: who is out of sight for too long is let go."""
        self._tracks = tracks.prune_and_select(self._tracks, now_s, self._settings.lost_s)
        front = self._tracks.in_front
        if front is None:
            return FrontPerson(None, None)
        return FrontPerson(front.person, front.filtered.box if front.is_seen else None)

    def reset_identities(self) -> None:
        """After a passage or a fault: whoever is in front next is somebody new."""
        self._tracks = tracks.reset_identities(self._tracks)

    def due_s(self) -> float | None:
        """When who is in front is let go, unless they are seen before; None where nobody is."""
        front = self._tracks.in_front
        return front.seen_s + self._settings.lost_s + 0.001 if front else None

    def waiting_s(self, now_s: float) -> float:
        """How long the finder has been at it, 0 where it is not."""
        if self._question is None or self._seeker.is_done:
            return 0.0
        return now_s - self._question.asked_s

    def is_late(self, now_s: float) -> bool:
        """Whether the finder should have answered by now."""
        return self.waiting_s(now_s) > self._settings.deadline_s

    def close(self, timeout_s: float) -> bool:
        """Let the finder go, waiting up to ``timeout_s``; False where it hangs and is left behind."""
        return self._seeker.close(timeout_s)

    def _look(self, frame: Frame, small: LowResFrame, now_s: float) -> None:
        if not self._detect_every_frame:
            self._tracks = tracks.propagate(self._tracks, small, now_s)
        self._since_asked += 1
        if self._question is None and self._is_due(now_s):
            self._question = _PendingRequest(small, self._tracks.boxes(), now_s)
            self._since_asked = 0
            self._seeker.submit(frame.pixels)
        faces = self._seeker.poll()
        if self._question is not None and faces is not None:
            self._log_source_events(self._question, [face.box for face in faces], small, now_s)
            self._question = None

    def _is_due(self, now_s: float) -> bool:
        if self._detect_every_frame or self._since_asked >= self._settings.find_every:
            return True
        # At once where somebody may be coming, and where it is in doubt whether somebody is still there.
        return self._motion.last_motion_s == now_s if not self._tracks.all else not self._tracks.all_visible

    def _log_source_events(self, question: _PendingRequest, boxes: list[Box], small: LowResFrame, now_s: float) -> None:
        least_px = self._settings.least_px
        large = [box for box in boxes if min(box.width_px, box.height_px) >= least_px]
        large = sorted(large, key=lambda box: box.area_px, reverse=True)[:_MOST]
        found = [(box, None if self._detect_every_frame else template.extract(question.small, box)) for box in large]
        newer = None if small is question.small else small
        self._tracks = tracks.update(self._tracks, question.boxes, found, newer, now_s)
