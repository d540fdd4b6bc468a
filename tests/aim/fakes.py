"""A session whose source, detector, classifier and clock the test controls."""

from collections import deque

import numpy as np

from binarycop.aim.session import Session
from binarycop.clock import ManualClock
from binarycop.frames.base import Frame
from binarycop.frames.camera_controls import CameraControls
from binarycop.frames.grabber import Grabber
from binarycop.frames.source_event import SourceEvent, SourceEventKind
from binarycop.geometry import Box
from binarycop.settings.classifier import Fallback, OverlaySettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.schema import LaneSettings
from tests.service.fakes import SimulatedSetup

BOX = Box(280, 190, 80, 100)
MARGIN = 4


class FakeGrabber(Grabber):
    """Gives the frames and events that the test puts into it. It has no thread."""

    mode, is_absent, has_ended = "MJPG 640×480 at 30 Hz", False, False
    end: SourceEvent | None = None

    def __init__(self) -> None:
        self.frames, self.waiting, self.is_started = deque[Frame](), list[SourceEvent](), False
        self.hangs_s = 0.0

    def start(self, on_change: object = None) -> None:
        self.is_started = True

    def take(self, timeout_s: float) -> Frame | None:
        return self.frames.popleft() if self.frames else None

    def busy_s(self) -> float:
        return self.hangs_s

    def events(self) -> list[SourceEvent]:
        waiting, self.waiting = self.waiting, []
        return waiting


class Aiming:
    """A session on frames of 640×480 at 30 Hz, with a face at ``BOX`` in each."""

    def __init__(
        self, source: str = "/dev/video0", lane: LaneSettings | None = None, *, is_region: bool = False
    ) -> None:
        self.lane = lane or LaneSettings(frames=FramesSettings(source=source))
        overlay = OverlaySettings(restarts=0, fallback=Fallback.NONE)
        self.setup = SimulatedSetup(self.lane, overlay=overlay)
        self.setup.detectors[0].box = BOX
        self.clock, self.grabber = ManualClock(100.0), FakeGrabber()
        self.pixels = np.full((480, 640, 3), 120, np.uint8)
        self.number, self.controls_read = 0, 0
        self.session = Session(
            self.lane,
            MARGIN,
            self.grabber,
            self.setup.runner,
            self.setup.perception.classifier,
            self.clock,
            self._read_controls,
            is_region=is_region,
        )

    def frames(self, count: int) -> "Aiming":
        """Give it this many frames, one step each."""
        for _ in range(count):
            self.clock.advance_to(100 + self.number / 30)
            self.grabber.frames.append(Frame(self.pixels, self.clock.now_s(), self.number))
            self.number += 1
            self.session.step()
        return self

    def wait(self, seconds: float) -> "Aiming":
        """Let time pass without a frame."""
        self.clock.advance_to(self.clock.now_s() + seconds)
        self.session.step()
        return self

    def happens(self, kind: SourceEventKind, detail: str = "") -> "Aiming":
        """Something happens to the source."""
        event = SourceEvent(kind, detail, self.clock.now_s())
        self.grabber.waiting.append(event)
        if kind in (SourceEventKind.ENDED, SourceEventKind.TRUNCATED):
            self.grabber.end, self.grabber.has_ended = event, True
        self.session.step()
        return self

    def _read_controls(self) -> CameraControls:
        self.controls_read += 1
        return CameraControls(0.01, True, False, 16, 255)
