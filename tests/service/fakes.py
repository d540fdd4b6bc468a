"""A service whose detectors, classifiers and lines are under the test's control."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from binarycop.clock import Clock
from binarycop.detection.base import Face
from binarycop.frames.base import Frame
from binarycop.geometry import Box, CropGeometry
from binarycop.journal.events import Event
from binarycop.journal.writers import MemoryJournal, Value
from binarycop.lines.lane_io import LaneIo
from binarycop.lines.mock import MockLines
from binarycop.service.failover_classifier import FailoverClassifier
from binarycop.service.lane import Lane
from binarycop.service.perception import LaneView, Perception
from binarycop.service.perception_runner import PerceptionRunner, SyncPerception, ThreadPerception
from binarycop.service.service import Service
from binarycop.service.sleeper import make_sleeper
from binarycop.settings.classifier import OverlaySettings
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.settings.service import Mode, ServiceSettings
from binarycop.tracking.runner import SyncRunner, ThreadRunner
from binarycop.tracking.tracker import Tracker
from tests.patience import PATIENCE_S

HERE = Box(100, 60, 80, 100)
CORRECT, NOSE, NOSE_MOUTH, CHIN = ([50 if index == best else 0 for index in range(4)] for best in range(4))


@dataclass
class ScriptedDetector:
    """Finds a face in ``box``. If ``may_answer`` is there, it waits until that is set."""

    box: Box | None = None
    name: str = "scripted"
    fails: Exception | None = None
    may_answer: threading.Event | None = None

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        if self.may_answer:
            self.may_answer.wait(PATIENCE_S)
        if self.fails:
            raise self.fails
        return [Face(self.box, 0.9)] if self.box else []


@dataclass
class ScriptedClassifier:
    """Gives the crops of a batch the scores of ``scores_of`` in turn, and remembers the sizes of its batches."""

    scores_of: list[Sequence[int]] = field(default_factory=lambda: [CORRECT])
    name: str = "scripted"
    batches: list[int] = field(default_factory=list)
    is_closed: bool = False
    fails: Exception | None = None
    reloads: list[Exception | None] = field(default_factory=list)
    on_reload: Callable[[], None] = lambda: None
    on_scores: Callable[[], object] = lambda: None
    is_resting: bool = False
    on_wake: Callable[[], None] = lambda: None

    def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        self.on_scores()
        if self.fails:
            raise self.fails
        self.batches.append(len(crops))
        return np.array([self.scores_of[index % len(self.scores_of)] for index in range(len(crops))], np.int32)

    def reload(self) -> None:
        """Fails with the next error of ``reloads``. When there is none, it works again."""
        self.on_reload()
        self.fails = self.reloads.pop(0) if self.reloads else None
        if self.fails:
            raise self.fails

    def rest(self) -> None:
        self.is_resting = True

    def wake(self) -> None:
        self.is_resting = False
        self.on_wake()

    def close(self) -> None:
        self.is_closed = True


class SimulatedSetup:
    """One service with a lane for each of these settings, mock lines, and a time that the test advances."""

    def __init__(
        self,
        *lanes: LaneSettings,
        overlay: OverlaySettings | None = None,
        clock: Clock | None = None,
        in_thread: bool = False,
        face_views: int = 1,
        service: ServiceSettings | None = None,
    ) -> None:
        settings = lanes or (LaneSettings(),)
        is_sparing = service is not None and service.mode is Mode.LOW_POWER
        self.factory, self.journal = MockLines(), MemoryJournal()
        self.detectors = [ScriptedDetector() for _ in settings]
        self.classifier, self.fallback = ScriptedClassifier(), ScriptedClassifier(name="fallback")
        self.lane_ios = [LaneIo(lane, self.factory) for lane in settings]
        self.trackers = [self._tracker(detector, lane, in_thread) for lane, detector in zip(settings, self.detectors)]
        geometry = CropGeometry(margin=1.1, shift_y=0.0)
        views = [LaneView(tracker, geometry, face_views) for tracker in self.trackers]
        opened = [
            Lane(lane, view, lane_io, self.journal, margin=4, bundle="tiny 1", clock=clock, spares_votes=is_sparing)
            for lane, view, lane_io in zip(settings, views, self.lane_ios)
        ]
        self.perception = Perception(
            views,
            FailoverClassifier(self.classifier, overlay or OverlaySettings(), lambda: self.fallback, self.journal),
        )
        self.runner: PerceptionRunner = SyncPerception(self.perception)
        if in_thread and clock is not None:
            self.runner = ThreadPerception(self.perception, clock)
        all_settings = Settings(service=service or ServiceSettings(), gates=settings)
        sleeper = make_sleeper(all_settings, self.perception.classifier, self.journal)
        self.service = Service(opened, self.perception, self.runner, sleeper)
        self.pixels = np.zeros((240, 320, 3), np.uint8)
        self.now_s, self.number = 50.0, 0

    @staticmethod
    def _tracker(detector: ScriptedDetector, lane: LaneSettings, in_thread: bool) -> Tracker:
        if in_thread:
            return Tracker(ThreadRunner(detector), lane.faces)
        return Tracker(SyncRunner(detector), lane.faces, detect_every_frame=True)

    def frames(self, count: int, *, every_s: float = 0.1) -> "SimulatedSetup":
        """Give each lane this many frames."""
        for _ in range(count):
            self.now_s += every_s
            frame = Frame(self.pixels, self.now_s, self.number)
            self.number += 1
            self.service.step(dict.fromkeys(range(len(self.service.lanes)), frame), self.now_s)
        return self

    def wait(self, seconds: float) -> "SimulatedSetup":
        """Let time pass without frames, with a step at each deadline, as the live loop does."""
        end_s = self.now_s + seconds
        while (due_s := self.service.due_s(self.now_s)) is not None and due_s < end_s:
            self.now_s = due_s
            self.service.step({}, due_s)
        self.now_s = end_s
        self.service.step({}, end_s)
        return self

    def person_arrives(self, scores: Sequence[int], box: Box = HERE) -> "SimulatedSetup":
        """From now on, somebody is in front of the first lane, and each of their crops has these scores."""
        self.detectors[0].box, self.classifier.scores_of = box, [scores]
        return self

    def person_leaves(self) -> "SimulatedSetup":
        """From now on, nobody is in front of the first lane."""
        self.detectors[0].box = None
        return self

    def records(self, *events: Event) -> list[tuple[str, dict[str, Value]]]:
        """What the journal has of these events, or of all."""
        return [(event.spec.name, values) for event, _, values in self.journal.records if not events or event in events]

    @property
    def event_names(self) -> list[str]:
        return [name for name, _ in self.records()]

    @property
    def is_relay_on(self) -> bool:
        return self.lane_ios[0].is_relay_on
