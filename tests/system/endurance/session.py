"""Ten thousand frames through one service, from its making to its closing, while things go wrong at random."""

import gc
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.accelerator.simulated.fabric import Fabric, SimulatedFault
from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.clock import ManualClock
from binarycop.errors import BackendError
from binarycop.frames.base import Frame
from binarycop.frames.demo import RATE_HZ
from binarycop.frames.source_event import SourceEvent
from binarycop.frames.source_reader import GrabberSettings, SourceReader
from binarycop.journal.events import Event
from binarycop.journal.writers import Value
from binarycop.lines.mock import MockLines
from binarycop.service.assembly import detector_of, make_service, tracker_of
from binarycop.service.backends import open_accelerator, open_board
from binarycop.service.failover_classifier import ReloadableClassifier
from binarycop.service.faults import FaultReason
from binarycop.service.lane import Lane
from binarycop.service.service import Service
from binarycop.settings.classifier import Backend, ClassifierSettings, FaultKind, OverlaySettings
from binarycop.settings.lines import InputSettings, LinesSettings
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.settings.verdict import VerdictSettings
from tests.system.endurance.camera import MoodyCamera

STEP_S = 1 / RATE_HZ
_MOOD_ODDS, _MOOD_LONGEST_S = 1 / 500, 9.0
_OVERLAY_ODDS, _LATE_ODDS, _LATE_LONGEST = 1 / 4000, 1 / 100, 6
_PASSED_ODDS, _FIRE_ODDS, _RELOAD_ODDS = 1 / 60, 1 / 3000, 1 / 2000
_OVERLAY_FAULTS = (FaultKind.HANG, FaultKind.FLIP, FaultKind.LOSE)
_LANE = LaneSettings(lines=LinesSettings(passed=InputSettings("PASSED"), fire=InputSettings("FIRE")))
_SETTINGS = Settings(
    ClassifierSettings("n-cnv", Backend.SIMULATED_BOARD, OverlaySettings(deadline_s=0.5, restarts=100)), gates=(_LANE,)
)


@dataclass(frozen=True)
class Row:
    """One session: counts in it, and the process afterwards. Latencies of a step with a frame, in milliseconds."""

    session: int
    captured: int
    withheld: int
    dropped: int
    judged: int
    nobody: int
    unscored: int
    persons: int
    permits: int
    refusals: int
    faults: int
    p50_ms: float
    p99_ms: float
    rss_mb: float
    descriptors: int
    threads: int


class CountingJournal:
    """Keeps how often each event came, and nothing else: a soak's journal must not be what grows."""

    def __init__(self) -> None:
        self.counts: Counter[Event] = Counter()

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """See ``Journal.write``."""
        self.counts[event] += 1


class CountingClassifier:
    """Counts the crops that got scores."""

    def __init__(self, inner: ReloadableClassifier) -> None:
        self._inner, self.name, self.scored = inner, inner.name, 0

    def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        """See ``Classifier.scores``."""
        scores = self._inner.scores(crops)
        self.scored += len(scores)
        return scores

    def reload(self) -> None:
        """See ``ReloadableClassifier.reload``."""
        self._inner.reload()

    def close(self) -> None:
        """See ``Classifier.close``."""
        self._inner.close()


@dataclass
class World:
    """What is around a service: all that misbehaves, and all that counts."""

    clock: ManualClock
    fabric: Fabric
    classifier: CountingClassifier
    journal: CountingJournal = field(default_factory=CountingJournal)
    lines: MockLines = field(default_factory=MockLines)
    is_fire: bool = False


class Session:
    """One service, all by one seed; ``complaints`` are what should never be.

    pictures: what the camera shows, (N, H, W, 3) uint8 BGR. Raises BackendError where pynq is missing.
    """

    def __init__(self, number: int, pictures: list[NDArray[np.uint8]], seed: int) -> None:
        self._number = number
        self._rng = np.random.default_rng([seed, number])
        clock, loaded = ManualClock(), bundles.load(find_bundle(_SETTINGS.classifier.bundle))
        bundle, board = open_board(_SETTINGS.classifier, loaded)
        if not isinstance(board.manager, Fabric):
            raise BackendError("only the simulated board can be told to fail")
        classifier = CountingClassifier(open_accelerator(_SETTINGS.classifier, bundle, board))
        self._world = World(clock, board.manager, classifier)
        camera = MoodyCamera(pictures, clock, self._rng, _MOOD_ODDS, _MOOD_LONGEST_S)
        self._feed = SourceReader(
            camera.open,
            clock,
            GrabberSettings(stale_s=_LANE.frames.stale_s, frozen_s=_LANE.frames.frozen_s),
            is_live=True,
            on_frame=self._show,
            on_event=self._log_source_events,
        )
        # The demo's people stand on its spot, so its finder is the one that watches that.
        pursuit = tracker_of(_LANE, detector_of(_LANE))
        self._service = make_service(_SETTINGS, bundle, classifier, [pursuit], self._world.lines, self._world.journal)
        self._waiting: Frame | None = None
        self._shown = self._dropped = self._late = 0
        self._feed_due_s = self._shown_s = 0.0
        self._permits, self._permit_s = 0, -60.0
        self._took_s: list[float] = []
        self.complaints: list[str] = []

    def run(self, frames: int) -> Row:
        """So many twentieths of a second, and the end."""
        with self._service as service:
            lane = service.lanes[0]
            for _ in range(frames):
                self._world.clock.advance_to(self._world.clock.now_s() + STEP_S)
                self._feed_once(self._world.clock.now_s())
                if not self._is_late():
                    self._disturb(lane)
                    self._step(service, lane, self._world.clock.now_s())
        if self._world.lines.pin(_LANE.lines.permission.pin).state:
            self._complain("energised after the end")
        self._feed.close()
        self._world.lines.close()
        # A real restart gives everything back; here pynq's objects, which hold each other, would linger.
        gc.collect()
        return self._count(lane)

    def _feed_once(self, now_s: float) -> None:
        """What the grabber's thread does in a twentieth of a second: at most one frame."""
        before, captured = self._shown, self._feed.captured
        # A frame that is withheld was one, too.
        while self._feed_due_s <= now_s and self._feed.captured == captured:
            pause_s = self._feed.step() or 0.0
            self._feed_due_s = now_s + pause_s
            if pause_s:
                break
        if self._shown > before:
            self._shown_s = now_s

    def _is_late(self) -> bool:
        """Whether the loop does not come round this time, as on a starved processor: frames then replace frames."""
        if self._late:
            self._late -= 1
        elif self._rng.random() < _LATE_ODDS:
            self._late = int(self._rng.integers(_LATE_LONGEST))
        return self._late > 0

    def _disturb(self, lane: Lane) -> None:
        world, rng = self._world, self._rng
        if rng.random() < _OVERLAY_ODDS:
            world.fabric.inject(SimulatedFault(_OVERLAY_FAULTS[rng.integers(len(_OVERLAY_FAULTS))]))
        if rng.random() < _PASSED_ODDS:
            world.lines.pin("PASSED").drive_high()
            world.lines.pin("PASSED").drive_low()
        if rng.random() < _FIRE_ODDS:
            world.is_fire = not world.is_fire
            (world.lines.pin("FIRE").drive_high if world.is_fire else world.lines.pin("FIRE").drive_low)()
        if rng.random() < _RELOAD_ODDS:
            lane.apply_settings(replace(_LANE, verdict=VerdictSettings(votes=int(rng.integers(5, 8)))))

    def _step(self, service: Service, lane: Lane, now_s: float) -> None:
        lane.set_fault(FaultReason.NO_FRAMES, active=now_s - self._shown_s > _LANE.frames.stale_s)
        frame, self._waiting = self._waiting, None
        begun_s = time.perf_counter()
        service.step({} if frame is None else {0: frame}, now_s)
        if frame is not None:
            self._took_s.append(time.perf_counter() - begun_s)
        if self._world.journal.counts[Event.PERMIT] > self._permits:
            self._permits, self._permit_s = self._world.journal.counts[Event.PERMIT], now_s
        is_due = now_s - self._permit_s <= _LANE.gate.pulse_s + (_LATE_LONGEST + 1) * STEP_S
        if lane.is_relay_on and not self._world.is_fire and (lane.faults or not is_due):
            self._complain(f"energised without cause at {now_s:.2f} s")

    def _count(self, lane: Lane) -> Row:
        counts, tally = self._world.journal.counts, lane.counters
        self._dropped += self._waiting is not None
        self._hold("frames shown", self._shown, self._dropped + tally.frames)
        self._hold("frames taken", tally.frames, tally.scored + tally.without_face + tally.without_scores)
        self._hold("crops scored", self._world.classifier.scored, tally.scored)
        self._hold("people", counts[Event.PERSON], tally.persons)
        self._hold("permits", counts[Event.PERMIT], tally.permits)
        # Each failure is answered by a loading, but for one for which the coil must be released first.
        waiting = counts[Event.OVERLAY_FAILED] - counts[Event.OVERLAY_LOADING]
        self._hold("failures that wait for a loading", waiting, min(max(waiting, 0), 1))
        p50_s, p99_s = np.percentile(self._took_s, [50, 99])
        return Row(
            session=self._number,
            captured=self._feed.captured,
            withheld=self._feed.captured - self._shown,
            dropped=self._dropped,
            judged=tally.scored,
            nobody=tally.without_face,
            unscored=tally.without_scores,
            persons=tally.persons,
            permits=tally.permits,
            refusals=tally.refusals,
            faults=counts[Event.FAULT],
            p50_ms=round(float(p50_s) * 1000, 3),
            p99_ms=round(float(p99_s) * 1000, 3),
            rss_mb=_resident_mb(),
            descriptors=len(os.listdir("/proc/self/fd")),
            threads=threading.active_count(),
        )

    def _show(self, frame: Frame) -> None:
        self._shown += 1
        self._dropped += self._waiting is not None
        self._waiting = frame

    def _log_source_events(self, notice: SourceEvent) -> None:
        """The camera's moods are its own; the lane hears of silence."""

    def _complain(self, what: str) -> None:
        self.complaints.append(f"session {self._number}: {what}")

    def _hold(self, what: str, one: int, other: int) -> None:
        if one != other:
            self._complain(f"{what}: {one}, not {other}")


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(status.split("VmRSS:")[1].split()[0]) / 1024, 1)
