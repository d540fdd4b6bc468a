"""One session of the soak test: a service from its start to its end, while faults come at random."""

import gc
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.accelerator.simulated.fabric import Fabric
from binarycop.accelerator.simulated.logic import SimulatedFault
from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.clock import ManualClock
from binarycop.detection.views import views_of_each_face
from binarycop.errors import BackendError
from binarycop.frames.base import Frame
from binarycop.frames.demo import RATE_HZ
from binarycop.frames.source_event import SourceEvent
from binarycop.frames.source_reader import GrabberSettings, SourceReader
from binarycop.journal.events import Event
from binarycop.journal.writers import Value
from binarycop.lines.lane_io import FIRE_RELEASE_S
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
from binarycop.settings.service import ServiceSettings
from binarycop.settings.verdict import VerdictSettings
from tests.system.endurance.camera import UnreliableCamera

STEP_S = 1 / RATE_HZ
_FAULT_ODDS, _FAULT_LONGEST_S = 1 / 500, 9.0
_OVERLAY_ODDS, _LATE_ODDS, _LATE_LONGEST = 1 / 4000, 1 / 100, 6
_PASSED_ODDS, _FIRE_ODDS, _RELOAD_ODDS = 1 / 60, 1 / 3000, 1 / 2000
_WHOLE_CLOCK = 0.99
_OVERLAY_FAULTS = (FaultKind.HANG, FaultKind.FLIP, FaultKind.LOSE)
_LANE = LaneSettings(lines=LinesSettings(passed=InputSettings("PASSED"), fire=InputSettings("FIRE")))
_SETTINGS = Settings(
    ClassifierSettings("n-cnv", Backend.SIMULATED_BOARD, overlay=OverlaySettings(deadline_s=0.5, restarts=100)),
    gates=(_LANE,),
)


@dataclass(frozen=True)
class SessionRow:
    """The result of one session: its counts, and the process afterwards. Latencies are of scored frames."""

    session: int
    captured: int
    withheld: int
    dropped: int
    scored: int
    without_face: int
    without_scores: int
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
    """Counts the events and keeps nothing else, since the journal itself must not grow."""

    def __init__(self) -> None:
        self.counts: Counter[Event] = Counter()

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """See ``Journal.write``."""
        self.counts[event] += 1


class CountingClassifier:
    """A classifier that counts the crops that got scores."""

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

    def rest(self) -> None:
        """See ``ReloadableClassifier.rest``."""
        self._inner.rest()

    def wake(self) -> None:
        """See ``ReloadableClassifier.wake``."""
        self._inner.wake()

    def close(self) -> None:
        """See ``Classifier.close``."""
        self._inner.close()


@dataclass
class Environment:
    """Everything around a service: the parts that fail, and the parts that count."""

    clock: ManualClock
    fabric: Fabric
    classifier: CountingClassifier
    journal: CountingJournal = field(default_factory=CountingJournal)
    lines: MockLines = field(default_factory=MockLines)
    is_fire: bool = False


class Session:
    """One service with faults from one seed. ``violations`` lists what must never happen and did.

    pictures: what the camera shows, (N, H, W, 3) uint8 BGR. service: of the settings. Raises BackendError if pynq is
    missing.
    """

    def __init__(
        self, number: int, pictures: list[NDArray[np.uint8]], seed: int, service: ServiceSettings | None = None
    ) -> None:
        self._number = number
        self._rng = np.random.default_rng([seed, number])
        clock, loaded = ManualClock(), bundles.load(find_bundle(_SETTINGS.classifier.bundle))
        bundle, board = open_board(_SETTINGS.classifier, loaded)
        if not isinstance(board.manager, Fabric):
            raise BackendError("only the simulated board can inject faults")
        classifier = CountingClassifier(open_accelerator(_SETTINGS.classifier, bundle, board))
        self._environment = Environment(clock, board.manager, classifier)
        camera = UnreliableCamera(pictures, clock, self._rng, _FAULT_ODDS, _FAULT_LONGEST_S)
        self._reader = SourceReader(
            camera.open,
            clock,
            GrabberSettings(stale_s=_LANE.frames.stale_s, frozen_s=_LANE.frames.frozen_s),
            is_live=True,
            on_frame=self._show,
            on_event=self._ignore_source_event,
        )
        # The demo's people stand in the fixed region, so the detector ``fixed`` finds them.
        tracker = tracker_of(_LANE, detector_of(_LANE))
        settings = replace(_SETTINGS, service=service or ServiceSettings())
        self._service = make_service(
            settings, bundle, classifier, [tracker], self._environment.lines, self._environment.journal
        )
        self._next_frame: Frame | None = None
        self._shown = self._dropped = self._late = 0
        self._read_due_s = self._shown_s = 0.0
        self._permits, self._permit_s, self._fire_s = 0, -60.0, -60.0  # the last times of a permission and of a fire
        self._durations_s: list[float] = []
        self.violations: list[str] = []

    @property
    def sleeps(self) -> int:
        """How often the service has fallen asleep."""
        return self._environment.journal.counts[Event.ASLEEP]

    def run(self, frames: int) -> SessionRow:
        """Run so many frames, each 1/20 s, and close the service. Returns the session's row."""
        with self._service as service:
            lane = service.lanes[0]
            for _ in range(frames):
                self._environment.clock.advance_to(self._environment.clock.now_s() + STEP_S)
                self._read_once(self._environment.clock.now_s())
                if not self._is_late():
                    self._inject_faults(lane)
                    self._step(service, lane, self._environment.clock.now_s())
        if self._environment.lines.pin(_LANE.lines.permission.pin).state:
            self._report("relay on after the end")
        self._reader.close()
        self._environment.lines.close()
        # A real restart frees all memory; here pynq's objects refer to each other and must be collected.
        gc.collect()
        return self._row(lane)

    def _read_once(self, now_s: float) -> None:
        """Do what the grabber's thread does in 1/20 s: read one frame at most."""
        before, captured = self._shown, self._reader.captured
        # A withheld frame is a captured frame too.
        while self._read_due_s <= now_s and self._reader.captured == captured:
            pause_s = self._reader.step() or 0.0
            self._read_due_s = now_s + pause_s
            if pause_s:
                break
        if self._shown > before:
            self._shown_s = now_s

    def _is_late(self) -> bool:
        """Whether the loop skips this frame, as on a busy processor; a new frame then replaces a waiting one."""
        if self._late:
            self._late -= 1
        elif self._rng.random() < _LATE_ODDS:
            self._late = int(self._rng.integers(_LATE_LONGEST))
        return self._late > 0

    def _inject_faults(self, lane: Lane) -> None:
        environment, rng = self._environment, self._rng
        if rng.random() < _OVERLAY_ODDS:
            environment.fabric.inject(SimulatedFault(_OVERLAY_FAULTS[rng.integers(len(_OVERLAY_FAULTS))]))
        if rng.random() < _PASSED_ODDS:
            environment.lines.pin("PASSED").drive_high()
            environment.lines.pin("PASSED").drive_low()
        if rng.random() < _FIRE_ODDS:
            environment.is_fire = not environment.is_fire
            (
                environment.lines.pin("FIRE").drive_high
                if environment.is_fire
                else environment.lines.pin("FIRE").drive_low
            )()
        if environment.is_fire:
            self._fire_s = environment.clock.now_s()
        if rng.random() < _RELOAD_ODDS:
            lane.apply_settings(replace(_LANE, verdict=VerdictSettings(votes=int(rng.integers(5, 8)))))

    def _step(self, service: Service, lane: Lane, now_s: float) -> None:
        lane.set_fault(FaultReason.NO_FRAMES, active=now_s - self._shown_s > _LANE.frames.stale_s)
        frame, self._next_frame = self._next_frame, None
        scored, started_s = lane.counters.scored, time.perf_counter()
        service.step({} if frame is None else {0: frame}, now_s)
        # Steps without scores take a third of the time, and their share differs from session to session.
        if lane.counters.scored > scored:
            self._durations_s.append(time.perf_counter() - started_s)
        if self._environment.journal.counts[Event.PERMIT] > self._permits:
            self._permits, self._permit_s = self._environment.journal.counts[Event.PERMIT], now_s
        is_due = now_s - self._permit_s <= _LANE.gate.pulse_s + (_LATE_LONGEST + 1) * STEP_S
        is_fire = now_s - self._fire_s <= FIRE_RELEASE_S + (_LATE_LONGEST + 1) * STEP_S
        if lane.is_relay_on and not is_fire and (lane.faults or not is_due):
            self._report(f"relay on without a cause at {now_s:.2f} s")
        self._reader.interval_s = service.capture_interval_s
        if lane.is_relay_on and self._environment.fabric.clock_share() < _WHOLE_CLOCK:
            self._report(f"relay on with a slow clock, so without the dead-man timer, at {now_s:.2f} s")

    def _row(self, lane: Lane) -> SessionRow:
        counts, counters = self._environment.journal.counts, lane.counters
        self._dropped += self._next_frame is not None
        self._check_equal("frames shown", self._shown, self._dropped + counters.frames)
        self._check_equal(
            "frames processed", counters.frames, counters.scored + counters.without_face + counters.without_scores
        )
        crops = views_of_each_face(_SETTINGS.classifier.views, gates=1) * counters.scored
        self._check_equal("crops scored", self._environment.classifier.scored, crops)
        self._check_equal("people", counts[Event.PERSON], counters.persons)
        self._check_equal("permits", counts[Event.PERMIT], counters.permits)
        # Each failure leads to a loading, except one that waits until the relay is off.
        unanswered = counts[Event.OVERLAY_FAILED] - counts[Event.OVERLAY_LOADING]
        self._check_equal("failures without a loading", unanswered, min(max(unanswered, 0), 1))
        if not self._durations_s:
            self._report("no frame was scored")
        p50_s, p99_s = np.percentile(self._durations_s or [0.0], [50, 99])
        return SessionRow(
            session=self._number,
            captured=self._reader.captured,
            withheld=self._reader.captured - self._shown,
            dropped=self._dropped,
            scored=counters.scored,
            without_face=counters.without_face,
            without_scores=counters.without_scores,
            persons=counters.persons,
            permits=counters.permits,
            refusals=counters.refusals,
            faults=counts[Event.FAULT],
            p50_ms=round(float(p50_s) * 1000, 3),
            p99_ms=round(float(p99_s) * 1000, 3),
            rss_mb=_resident_mb(),
            descriptors=len(os.listdir("/proc/self/fd")),
            threads=threading.active_count(),
        )

    def _show(self, frame: Frame) -> None:
        self._shown += 1
        self._dropped += self._next_frame is not None
        self._next_frame = frame

    def _ignore_source_event(self, notice: SourceEvent) -> None:
        """The camera's own events are not checked; the lane gets a fault if no frames come."""

    def _report(self, what: str) -> None:
        self.violations.append(f"session {self._number}: {what}")

    def _check_equal(self, what: str, count: int, expected: int) -> None:
        if count != expected:
            self._report(f"{what}: {count}, not {expected}")


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(status.split("VmRSS:")[1].split()[0]) / 1024, 1)
