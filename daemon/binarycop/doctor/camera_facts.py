"""Reads the cameras for some seconds, all at once as the daemon does, and measures their pictures.

Pictures stay in memory, and only means and shares of them leave this module.
"""

import os
import pwd
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from binarycop.clock import Clock
from binarycop.detection.base import SMALLEST_FACE_PX, Detector, largest_face
from binarycop.detection.exposure import exposure_of
from binarycop.doctor.camera import SECONDS, CameraFacts, Pictures, Running
from binarycop.doctor.units import USER
from binarycop.errors import DetectorError
from binarycop.frames.base import Frame
from binarycop.frames.names import absence, device_path, is_camera
from binarycop.frames.source_event import SourceEvent, SourceEventKind
from binarycop.service.status import GateReport, seldom_words
from binarycop.settings.schema import LaneSettings

OPEN_S = 5.0
"""A camera without a picture for this long is given up; V4L2 itself waits 2 s."""

_CLOSE_S = 3.0
_WAIT_S = 0.02
_MEASURED_EVERY_S = 0.5
_TROUBLE = frozenset({SourceEventKind.LOST, SourceEventKind.UNDECODABLE, SourceEventKind.TRUNCATED})


def read_source(lane: LaneSettings, status: GateReport | None, *, is_held: bool) -> CameraFacts:
    """What is known of a gate's source without opening it. status: what the running daemon says of the gate."""
    frames, running = lane.frames, None
    if status is not None:
        reported = status.source
        running = Running(
            reported.mode,
            reported.rate_hz,
            reported.frame_age_s,
            reported.captured,
            reported.withheld,
            status.causes,
            status.face_age_s,
            reported.problem,
            None if status.every_ms is None else seldom_words(status.every_ms, status.needed_ms),
        )
    source = frames.source
    facts = CameraFacts(
        gate=lane.name,
        source=source,
        is_camera=is_camera(source),
        asked_hz=frames.rate_hz,
        stale_s=frames.stale_s,
        absence=absence(source) or "",
        is_held=is_held,
        running=running,
    )
    if facts.absence or not facts.is_camera:
        return facts
    path, denied = device_path(source), []
    if not os.access(path, os.R_OK | os.W_OK):
        denied.append("this user")
    try:
        if not may_open(path.stat(), USER):
            denied.append(f"the user {USER}")
    except OSError as error:  # unplugged in the meantime
        return replace(facts, absence=error.strerror or str(error))
    return replace(facts, denied=tuple(denied))


class FrameGiver(Protocol):
    """The part of a ``Grabber`` that is used."""

    @property
    def captured(self) -> int:
        """See ``Grabber.captured``."""

    @property
    def mode(self) -> str | None:
        """See ``Grabber.mode``."""

    @property
    def has_ended(self) -> bool:
        """See ``Grabber.has_ended``."""

    def start(self) -> None:
        """See ``Grabber.start``."""

    def take(self, timeout_s: float) -> Frame | None:
        """See ``Grabber.take``."""

    def events(self) -> list[SourceEvent]:
        """See ``Grabber.events``."""

    def begin_close(self) -> None:
        """See ``Grabber.begin_close``."""

    def close(self, timeout_s: float) -> bool:
        """See ``Grabber.close``."""


class Look:
    """One gate's source while it is looked through."""

    def __init__(self, facts: CameraFacts, grabber: FrameGiver, clock: Clock) -> None:
        self._facts, self._grabber, self._clock = facts, grabber, clock
        self._begun_s = clock.now_s()
        self._first_s: float | None = None
        self._last_s, self._frames, self._measured_s = 0.0, 0, 0.0
        self._tones: list[tuple[float, float, float]] = []
        self._newest: NDArray[np.uint8] | None = None
        self._first_captured = 0
        self._trouble: dict[str, None] = {}
        self._is_frozen = False
        grabber.start()

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come."""
        now_s = self._clock.now_s()
        waited_s = now_s - (self._begun_s if self._first_s is None else self._first_s)
        return self._grabber.has_ended or waited_s >= (OPEN_S if self._first_s is None else SECONDS)

    def step(self) -> None:
        """Take a picture, if there is one."""
        frame = self._grabber.take(_WAIT_S)
        self._take_events()
        if frame is None:
            return
        if self._first_s is None:
            self._first_s, self._first_captured = self._clock.now_s(), self._grabber.captured
        self._last_s, self._frames = self._clock.now_s(), self._grabber.captured
        if frame.captured_s - self._measured_s < _MEASURED_EVERY_S:
            return
        self._measured_s, self._newest = frame.captured_s, frame.pixels
        tone = exposure_of(frame.picture, None).background
        if tone is not None:
            self._tones.append((tone.brightness, tone.clipped, tone.black))

    def finish(self, detector: Detector | None, deadline_s: float) -> CameraFacts:
        """Close the source. detector: finds a face in the newest picture; None leaves that out.

        deadline_s: a source that is not closed by then hangs.
        """
        is_closed = self._grabber.close(max(deadline_s - self._clock.now_s(), 0.0))
        self._take_events()
        if self._first_s is None:
            reason = next(iter(self._trouble), "no picture came")
            hangs = "" if is_closed else "; the driver hangs"
            return replace(self._facts, problem=f"{reason}{hangs}")
        seconds = self._last_s - self._first_s
        frames = self._frames - self._first_captured
        is_measured = self._facts.is_camera and seconds > 0
        brightness, clipped, black = np.mean(self._tones, axis=0) if self._tones else (None, 0.0, 0.0)
        face, behind = self._face(detector)
        pictures = Pictures(
            mode=self._grabber.mode or "unknown",
            rate_hz=frames / seconds if is_measured else None,
            trouble=tuple(self._trouble),
            is_frozen=self._is_frozen,
            brightness=None if brightness is None else float(brightness),
            clipped=float(clipped),
            black=float(black),
            face=face,
            behind=behind,
        )
        return replace(self._facts, pictures=pictures)

    def _take_events(self) -> None:
        for event in self._grabber.events():
            self._is_frozen |= event.kind is SourceEventKind.FROZEN
            if event.kind in _TROUBLE:
                self._trouble[event.detail] = None

    def _face(self, detector: Detector | None) -> tuple[float | None, float | None]:
        if detector is None or self._newest is None:
            return None, None
        try:
            face = largest_face(detector.detect(self._newest), SMALLEST_FACE_PX)
        except DetectorError:
            return None, None  # the detector has a finding of its own
        if face is None:
            return None, None
        seen = exposure_of(self._newest, face.box)
        if seen.face is None or seen.background is None:
            return None, None
        return seen.face.brightness, seen.background.brightness


def look(
    facts: Sequence[CameraFacts],
    open_grabber: Callable[[int], FrameGiver],
    detector_of: Callable[[int], Detector | None],
    clock: Clock,
) -> list[CameraFacts]:
    """Read all sources that exist and are free, at once. Takes 11 s at most, however many of them hang.

    open_grabber, detector_of: of the gate with this number.
    """
    looks: dict[int, Look] = {}
    with ExitStack() as opened:
        for index, source in enumerate(facts):
            if not source.absence and not source.is_held and "this user" not in source.denied:
                grabber = open_grabber(index)
                opened.callback(grabber.begin_close)
                looks[index] = Look(source, grabber, clock)
        while any(not one.is_over for one in looks.values()):
            for one in looks.values():
                if not one.is_over:
                    one.step()
    # All have begun to close, so the waits do not add up.
    deadline_s = clock.now_s() + _CLOSE_S
    return [
        looks[index].finish(detector_of(index), deadline_s) if index in looks else one
        for index, one in enumerate(facts)
    ]


def may_open(found: os.stat_result, name: str) -> bool:
    """Whether a user may read and write a file. True if there is no such user: the daemon is then another."""
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return True
    if found.st_uid == user.pw_uid:
        return found.st_mode & 0o600 == 0o600
    if found.st_gid in os.getgrouplist(name, user.pw_gid):
        return found.st_mode & 0o060 == 0o060
    return found.st_mode & 0o006 == 0o006
