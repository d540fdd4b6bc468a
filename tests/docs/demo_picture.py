"""The moving picture of README.md: the drawn demo through the real service, with box, class, votes and relay.

    python -m tests.docs.demo_picture        writes docs/demo.webp; needs OpenCV 5

The people are drawn by the project; nobody real is in the picture.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop import verdict
from binarycop.classes import GateStatus, MaskClass
from binarycop.classifier.base import Classifier
from binarycop.clock import ManualClock
from binarycop.detection.views import mean_scores
from binarycop.frames.base import Frame
from binarycop.frames.demo import HEIGHT_PX, RATE_HZ, WIDTH_PX, Demo
from binarycop.gate.state import Phase
from binarycop.geometry import Box
from binarycop.journal.writers import MemoryJournal, format_message
from binarycop.lines.mock import MockLines
from binarycop.service.assembly import detector_of, make_service
from binarycop.service.backends import open_bundle
from binarycop.service.lane import Lane
from binarycop.service.replay import replay
from binarycop.service.snapshot import LaneSnapshot
from binarycop.settings.gate import GateSettings
from binarycop.settings.schema import Settings
from binarycop.tracking.runner import SyncRunner
from binarycop.tracking.tracker import FrontPerson, Tracker

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "demo.webp"
EVERY = 3  # frames of the demo for one of the picture
_QUALITY = 40
_SCALE = 1.5
_PANEL_PX = 340
_EDGE_PX = 18

# All colours are BGR. Text is never _FAINT, whose contrast is too small for it.
_PAPER, _INK, _SMALL_INK, _FAINT = (250, 249, 247), (45, 38, 32), (92, 84, 76), (150, 142, 134)
_COLOURS = {
    MaskClass.CORRECT: (84, 140, 34),
    MaskClass.NOSE: (20, 120, 225),
    MaskClass.NOSE_MOUTH: (45, 45, 200),
    MaskClass.CHIN: (170, 70, 140),
}

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Moment:
    """The gate's state after one frame.

    votes: of the front person, oldest first. is_pulse_over: the permission has ended, and the passage is awaited.
    lines: the newest four of the journal. written: how many there are. snapshot: what ``run`` shows of the gate.
    """

    frame: Frame
    person: int | None
    box: Box | None
    votes: tuple[verdict.FrameVote, ...]
    status: GateStatus
    permitted: bool
    is_pulse_over: bool
    lines: tuple[str, ...]
    written: int
    snapshot: LaneSnapshot


class WatchedTracker(Tracker):
    """The tracker, which remembers its newest front person."""

    front = FrontPerson(None, None)

    def step(self, frame: Frame, now_s: float) -> FrontPerson:
        """See ``Tracker.step``."""
        self.front = super().step(frame, now_s)
        return self.front


class WatchedClassifier:
    """A classifier that remembers its newest mean scores, of the views of the one face that it sees."""

    def __init__(self, inner: Classifier) -> None:
        self._inner, self.name = inner, inner.name
        self.newest: list[int] | None = None

    def scores(self, crops: Picture) -> NDArray[np.int32]:
        """See ``Classifier.scores``."""
        scores = self._inner.scores(crops)
        self.newest = mean_scores(scores).tolist()
        return scores

    def close(self) -> None:
        """See ``Classifier.close``."""
        self._inner.close()


class WatchedDemo(Demo):
    """The demo, which records the gate's state whenever the replay asks for the next frame."""

    def __init__(self, lane: Lane, tracker: WatchedTracker, classifier: WatchedClassifier, margin: int) -> None:
        super().__init__()
        self._lane, self._tracker, self._classifier, self._margin = lane, tracker, classifier, margin
        self._shown: Frame | None = None
        self._votes: verdict.VoteWindow | None = None
        self.journal = MemoryJournal()
        self.moments: list[Moment] = []

    def read(self) -> Frame | None:
        """See ``Source.read``."""
        if self._shown is not None:
            self.moments.append(self._moment(self._shown))
        self._shown = super().read()
        return self._shown

    def _moment(self, frame: Frame) -> Moment:
        front, scores = self._tracker.front, self._classifier.newest
        self._classifier.newest = None
        if front.person is None:
            self._votes = None
        elif scores is not None:
            settings = self._lane.settings.verdict
            self._votes = verdict.step(self._votes, front.person, scores, frame.captured_s, settings, self._margin)
        lines = [format_message(event, "", values) for event, _, values in self.journal.records]
        snapshot = self._lane.snapshot(frame.captured_s)
        return Moment(
            frame,
            front.person,
            front.box,
            self._votes.votes if self._votes else (),
            snapshot.status,
            snapshot.cause is not None,
            snapshot.phase is Phase.AWAITING,
            tuple(lines[-4:]),
            len(lines),
            snapshot,
        )


def moments() -> list[Moment]:
    """The whole demo through the service of the default settings."""
    settings = Settings()
    lane = settings.gates[0]
    bundle, opened = open_bundle(settings.classifier)
    classifier = WatchedClassifier(opened)
    tracker = WatchedTracker(SyncRunner(detector_of(lane)), lane.faces, detect_every_frame=True)
    journal = MemoryJournal()
    with make_service(settings, bundle, classifier, [tracker], MockLines(), journal) as service:
        demo = WatchedDemo(service.lanes[0], tracker, classifier, bundle.manifest.abstain_margin)
        demo.journal = journal
        replay(service, demo, ManualClock())
    return demo.moments


def draw(moment: Moment) -> Picture:
    """One picture: the frame with the face's box on the left, votes, verdict, relay and journal on the right."""
    width, height = round(WIDTH_PX * _SCALE), round(HEIGHT_PX * _SCALE)
    canvas = np.full((height, width + _PANEL_PX, 3), _PAPER, np.uint8)
    # The sensor's noise would be most of the file.
    calm = cv2.bilateralFilter(moment.frame.pixels, 5, 20, 3)
    canvas[:, :width] = cv2.resize(calm, (width, height), interpolation=cv2.INTER_LINEAR)
    if moment.box is not None:
        _outline(canvas, moment.box, _colour(moment.status))
    left = width + _EDGE_PX
    who = "nobody in front" if moment.person is None else f"person {moment.person} in front"
    _text(canvas, who, (left, 42), 22, weight=600)
    _text(canvas, "votes of the last 8 frames", (left, 78), 16, _SMALL_INK)
    _votes(canvas, moment.votes, (left, 104))
    _text(canvas, "verdict", (left, 154), 16, _SMALL_INK)
    _text(canvas, _words(moment), (left, 180), 22, _colour(moment.status), weight=600)
    _relay(canvas, moment, (left, 212))
    for place, line in enumerate(moment.lines):
        # What follows, the evidence, is longer than the panel is wide.
        _text(canvas, line.partition(";")[0], (left, height - 22 * (len(moment.lines) - place) + 6), 14, _SMALL_INK)
    return canvas


def _outline(canvas: Picture, box: Box, colour: tuple[int, int, int]) -> None:
    corner = (round(box.x_px * _SCALE), round(box.y_px * _SCALE))
    opposite = (round((box.x_px + box.width_px) * _SCALE), round((box.y_px + box.height_px) * _SCALE))
    cv2.rectangle(canvas, corner, opposite, colour, 3, cv2.LINE_AA)
    cv2.rectangle(canvas, (corner[0] - 1, corner[1] - 22), (corner[0] + 96, corner[1]), colour, cv2.FILLED)
    _text(canvas, "fixed region", (corner[0] + 6, corner[1] - 6), 15, _PAPER)


def _votes(canvas: Picture, votes: tuple[verdict.FrameVote, ...], at: tuple[int, int]) -> None:
    for place in range(8):
        centre = (at[0] + 12 + 32 * place, at[1] + 8)
        if place >= len(votes):
            cv2.circle(canvas, centre, 11, _FAINT, 1, cv2.LINE_AA)
            continue
        mask_class = votes[place].mask_class
        cv2.circle(canvas, centre, 11, _FAINT if mask_class is None else _COLOURS[mask_class], cv2.FILLED, cv2.LINE_AA)


def _relay(canvas: Picture, moment: Moment, at: tuple[int, int]) -> None:
    colour = _COLOURS[MaskClass.CORRECT] if moment.permitted else (228, 224, 220)
    cv2.rectangle(canvas, at, (at[0] + _PANEL_PX - 2 * _EDGE_PX, at[1] + 44), colour, cv2.FILLED)
    words = "relay off: pulse is over" if moment.is_pulse_over else "relay off"
    if moment.permitted:
        words = f"relay on: {GateSettings().pulse_s:g} s pulse"
    _text(canvas, words, (at[0] + 14, at[1] + 30), 22, _PAPER if moment.permitted else _INK, weight=600)


def _words(moment: Moment) -> str:
    return {
        GateStatus.NOSE: "nose uncovered",
        GateStatus.NOSE_MOUTH: "nose and mouth uncovered",
        GateStatus.CHIN: "chin uncovered",
        GateStatus.NOBODY: "none",
    }.get(moment.status, moment.status.value)


def _colour(status: GateStatus) -> tuple[int, int, int]:
    return next((colour for mask_class, colour in _COLOURS.items() if mask_class.label == status.value), _INK)


def _text(
    canvas: Picture,
    text: str,
    at: tuple[int, int],
    size_px: int,
    colour: tuple[int, int, int] = _INK,
    *,
    weight: int = 400,
) -> None:
    face: Any = cv2.FontFace("sans")
    cv2.putText(canvas, text, at, colour, face, size_px, weight)


def pictures(every: int = EVERY) -> Iterator[Picture]:
    """One picture for every ``every`` frames of the demo."""
    for moment in moments()[::every]:
        yield draw(moment)


def main() -> int:
    """Write the picture; returns the exit code."""
    animation: Any = cv2.Animation()
    animation.frames = list(pictures())
    animation.durations = np.full(len(animation.frames), round(1000 * EVERY / RATE_HZ), np.int32)
    animation.loop_count = 0
    cv2.imwriteanimation(str(PICTURE), animation, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
    print(f"{PICTURE}: {len(animation.frames)} pictures, {PICTURE.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
