"""From frames to the person in front: when the finder is asked, and what is done with its answers.

Between finds everybody is followed by their picture; while nothing moves nothing is computed at all.
"""

from dataclasses import dataclass

from binarycop.faces import motion, template, tracks
from binarycop.faces.box import Box
from binarycop.faces.motion import Motion
from binarycop.faces.seeker import Seeker
from binarycop.faces.small import Small, shrink
from binarycop.faces.tracks import Tracks
from binarycop.frames.base import Frame
from binarycop.settings.schema import FacesSettings

_MOST = 8  # people followed from one answer; in a crowd the nearest


@dataclass(frozen=True)
class Sighting:
    """Who is in front, None for nobody. box: where their face is, None while it is out of sight for a moment."""

    person: int | None
    box: Box | None


@dataclass(frozen=True)
class _Question:
    """What the finder was asked. small: the frame; boxes: where everybody was in it, by their track's key."""

    small: Small
    boxes: dict[int, Box]
    asked_s: float


class Pursuit:
    """Follows everybody in one lane's frames. One thread uses it.

    asks_always: put every frame before the finder and follow nothing: for ``fixed``, which watches its spot itself.
    """

    def __init__(self, seeker: Seeker, settings: FacesSettings, *, asks_always: bool = False) -> None:
        self._seeker, self._settings, self._asks_always = seeker, settings, asks_always
        self._tracks, self._motion = Tracks(), Motion()
        self._question: _Question | None = None
        self._since_asked = settings.find_every

    def adopt(self, settings: FacesSettings) -> None:
        """Go on by other settings; the finder stays."""
        self._settings = settings

    def step(self, frame: Frame, now_s: float) -> Sighting:
        """Take the next frame. Raises FinderError."""
        small = shrink(frame.pixels)
        if not self._asks_always:
            self._motion = motion.step(self._motion, small, now_s)
        if self._motion.is_at_rest(now_s) and self._tracks.are_seen and self._question is None:
            self._tracks = tracks.rested(self._tracks, now_s)
            self._since_asked = self._settings.find_every
        else:
            self._look(frame, small, now_s)
        return self.let_time_pass(now_s)

    def let_time_pass(self, now_s: float) -> Sighting:
        """Who is in front by now, though no frame has come: who is out of sight for too long is let go."""
        self._tracks = tracks.settled(self._tracks, now_s, self._settings.lost_s)
        front = self._tracks.in_front
        if front is None:
            return Sighting(None, None)
        return Sighting(front.person, front.calm.box if front.is_seen else None)

    def forget(self) -> None:
        """After a passage or a fault: whoever is in front next is somebody new."""
        self._tracks = tracks.forgotten(self._tracks)

    def due_s(self) -> float | None:
        """When who is in front is let go, unless they are seen before; None where nobody is."""
        front = self._tracks.in_front
        return front.seen_s + self._settings.lost_s + 0.001 if front else None

    def waiting_s(self, now_s: float) -> float:
        """How long the finder has been at it, 0 where it is not."""
        if self._question is None or self._seeker.has_answer:
            return 0.0
        return now_s - self._question.asked_s

    def is_late(self, now_s: float) -> bool:
        """Whether the finder should have answered by now."""
        return self.waiting_s(now_s) > self._settings.deadline_s

    def close(self, timeout_s: float) -> bool:
        """Let the finder go, waiting up to ``timeout_s``; False where it hangs and is left behind."""
        return self._seeker.close(timeout_s)

    def _look(self, frame: Frame, small: Small, now_s: float) -> None:
        if not self._asks_always:
            self._tracks = tracks.carried(self._tracks, small, now_s)
        self._since_asked += 1
        if self._question is None and self._is_due(now_s):
            self._question = _Question(small, self._tracks.boxes(), now_s)
            self._since_asked = 0
            self._seeker.ask(frame.pixels)
        faces = self._seeker.answer()
        if self._question is not None and faces is not None:
            self._hear(self._question, [face.box for face in faces], small, now_s)
            self._question = None

    def _is_due(self, now_s: float) -> bool:
        if self._asks_always or self._since_asked >= self._settings.find_every:
            return True
        # At once where somebody may be coming, and where it is in doubt whether somebody is still there.
        return self._motion.moved_s == now_s if not self._tracks.all else not self._tracks.are_seen

    def _hear(self, question: _Question, boxes: list[Box], small: Small, now_s: float) -> None:
        least_px = self._settings.least_px
        large = [box for box in boxes if min(box.width_px, box.height_px) >= least_px]
        large = sorted(large, key=lambda box: box.area_px, reverse=True)[:_MOST]
        found = [(box, None if self._asks_always else template.cut(question.small, box)) for box in large]
        newer = None if small is question.small else small
        self._tracks = tracks.corrected(self._tracks, question.boxes, found, newer, now_s)
