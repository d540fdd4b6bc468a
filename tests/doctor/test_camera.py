"""The checks of a camera, and how its pictures are measured."""

import os
import pwd
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.clock import ManualClock
from binarycop.detection.base import Face
from binarycop.doctor.camera import SECONDS, CameraFacts, Pictures, Running, check_camera
from binarycop.doctor.camera_facts import OPEN_S, look, may_open, read_source
from binarycop.doctor.finding import Finding, Level
from binarycop.errors import DetectorError
from binarycop.frames.base import Frame
from binarycop.frames.source_event import SourceEvent, SourceEventKind
from binarycop.geometry import Box
from binarycop.settings.frames import FramesSettings
from binarycop.settings.schema import LaneSettings

PICTURES = Pictures("MJPG 640×480 at 30 Hz", 29.9, brightness=110.0, face=120.0, behind=100.0)
GOOD = CameraFacts("north", "/dev/video0", True, 30.0, pictures=PICTURES)
RUNNING = Running("MJPG 640×480 at 30 Hz", 30.0, 0.03, 9000, 0, (), 4.0)


def pictures(**changes: object) -> CameraFacts:
    return replace(GOOD, pictures=replace(PICTURES, **changes))  # type: ignore[arg-type]


def running(**changes: object) -> CameraFacts:
    reported = replace(RUNNING, **changes)  # type: ignore[arg-type]
    return replace(GOOD, pictures=None, is_held=True, running=reported)


def test_a_good_camera_has_nothing_to_do() -> None:
    assert {finding.level for finding in check_camera(GOOD)} == {Level.OK}


@pytest.mark.parametrize(
    ("facts", "name", "level", "words"),
    [
        (replace(GOOD, absence="there is no /dev/video0 now"), "camera", Level.FAIL, "there is no /dev/video0 now"),
        (replace(GOOD, is_camera=False, source="demo"), "camera", Level.WARN, "demo is no camera"),
        (replace(GOOD, denied=("the user binarycop",)), "permission", Level.FAIL, "the user binarycop may not open"),
        (replace(GOOD, pictures=None, problem="is busy"), "pictures", Level.FAIL, "is busy"),
        (replace(GOOD, pictures=None, is_held=True), "pictures", Level.NOT_CHECKED, "not checked: the daemon has"),
        (pictures(mode="YUYV 640×480 instead of MJPG 640×480"), "mode", Level.WARN, "instead of"),
        (pictures(rate_hz=23.9), "rate", Level.WARN, "23.9 pictures a second; frames.rate_hz asks for 30"),
        (pictures(is_frozen=True), "pictures", Level.FAIL, "repeats its pictures: frozen"),
        (pictures(trouble=("is damaged",)), "pictures", Level.WARN, "is damaged"),
        (pictures(black=0.95), "light", Level.FAIL, "the picture is black"),
        (pictures(brightness=39.0), "light", Level.WARN, "dark: mean brightness 39 of 255"),
        (pictures(clipped=0.3), "light", Level.WARN, "overexposed: mean brightness 110 of 255, 30 % of"),
        (pictures(face=60.0, behind=130.0), "backlight", Level.WARN, "the face has brightness 60, what is behind"),
        (pictures(face=60.0, behind=110.0), "backlight", Level.OK, "the face has brightness 60"),
        (pictures(face=None), "backlight", Level.NOT_CHECKED, "not checked: nobody was in front"),
        (running(), "pictures", Level.OK, "the daemon's newest is 0.0 s old; 0 of 9000 withheld"),
        (running(), "faces", Level.OK, "the daemon saw the last one 4 s ago"),
        (running(), "light", Level.NOT_CHECKED, "not checked: the daemon has the camera"),
        (running(face_age_s=None), "faces", Level.NOT_CHECKED, "has seen none since its start"),
        (running(rate_hz=14.0), "rate", Level.WARN, "14.0 pictures a second"),
        (running(causes=("no frames",)), "pictures", Level.FAIL, "out of order: no frames"),
        (running(causes=("no frames",), problem="unplugged"), "pictures", Level.FAIL, "no frames; unplugged"),
        (running(frame_age_s=1.5), "pictures", Level.FAIL, "the daemon's newest is 1.5 s old"),
    ],
)
def test_each_check_says_what_is_wrong(facts: CameraFacts, name: str, level: Level, words: str) -> None:
    findings = [finding for finding in check_camera(facts) if finding.name == name]
    matching = [finding for finding in findings if words in finding.text]
    assert [finding.level for finding in matching] == [level], findings
    assert all(
        bool(finding.remedy) is (finding.level in (Level.WARN, Level.FAIL)) or is_open(finding) for finding in findings
    )


def is_open(finding: Finding) -> bool:
    """What was not checked may say how it can be."""
    return finding.level is Level.NOT_CHECKED


class Scripted:
    """Gives a picture each time it is asked, as the clock goes on; ``None`` is no picture."""

    mode, has_ended = "grey", False

    def __init__(
        self,
        clock: ManualClock,
        picture: Callable[[int], NDArray[np.uint8]] | None,
        rate_hz: float,
        events: tuple[SourceEvent, ...] = (),
    ) -> None:
        self.captured, self.is_closed = 0, False
        self._clock, self._picture, self._rate_hz, self._events = clock, picture, rate_hz, list(events)

    def start(self) -> None:
        """It has no thread."""

    def take(self, timeout_s: float) -> Frame | None:
        self._clock.advance_to(self._clock.now_s() + 1 / self._rate_hz)
        if self._picture is None:
            return None
        self.captured += 1
        return Frame(self._picture(self.captured), self._clock.now_s(), self.captured)

    def events(self) -> list[SourceEvent]:
        events, self._events = self._events, []
        return events

    def begin_close(self) -> None:
        self.is_closed = True

    def close(self, timeout_s: float) -> bool:
        self.is_closed = True
        return True


class OneFace:
    """A detector that finds a face in the middle of every picture."""

    name = "one"

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        return [Face(Box(60.0, 40.0, 40.0, 50.0), 0.9)]


def looked(
    picture: Callable[[int], NDArray[np.uint8]] | None,
    rate_hz: float = 20.0,
    detector: OneFace | None = None,
    events: tuple[SourceEvent, ...] = (),
) -> CameraFacts:
    clock = ManualClock(100.0)
    facts = CameraFacts("north", "/dev/video0", True, 20.0)
    [found] = look([facts], lambda _: Scripted(clock, picture, rate_hz, events), lambda _: detector, clock)
    assert clock.now_s() < 100 + OPEN_S + SECONDS
    return found


def grey(level: int) -> Callable[[int], NDArray[np.uint8]]:
    """Pictures of one brightness."""
    return lambda _: np.full((120, 160, 3), level, np.uint8)


def test_rate_and_brightness_are_measured() -> None:
    found = looked(grey(120)).pictures
    assert found is not None
    assert found.brightness == pytest.approx(120, abs=2)
    assert found.rate_hz == pytest.approx(20, rel=0.1)
    assert (found.mode, found.is_frozen) == ("grey", False)


def test_a_source_that_reports_repetitions_is_frozen() -> None:
    found = looked(grey(90), events=(SourceEvent(SourceEventKind.FROZEN, "sends the same picture", 101.0),)).pictures
    assert found is not None
    assert found.is_frozen


def test_a_camera_that_stalls_later_has_trouble() -> None:
    lost = SourceEvent(SourceEventKind.LOST, "gives no more pictures: unplugged or stalled", 101.0)
    found = looked(grey(90), events=(lost,)).pictures
    assert found is not None
    assert found.trouble == ("gives no more pictures: unplugged or stalled",)


def test_a_bright_wall_behind_a_dark_face_is_backlight() -> None:
    def picture(number: int) -> NDArray[np.uint8]:
        drawn = grey(200)(number)
        drawn[40:90, 60:100] = 50
        return drawn

    facts = looked(picture, detector=OneFace())
    [finding] = [one for one in check_camera(facts) if one.name == "backlight"]
    assert finding.level is Level.WARN


def test_a_detector_that_fails_leaves_the_backlight_open() -> None:
    class Failing(OneFace):
        def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
            raise DetectorError("lookout: no memory")

    [finding] = [one for one in check_camera(looked(grey(90), detector=Failing())) if one.name == "backlight"]
    assert finding.level is Level.NOT_CHECKED


def test_a_camera_that_cannot_be_opened_is_given_up_with_its_reason() -> None:
    busy = SourceEvent(SourceEventKind.LOST, "is busy: another program uses it", 100.0)
    assert looked(None, events=(busy,)).problem == "is busy: another program uses it"
    assert looked(None).problem == "no picture came"


def test_a_camera_is_closed_if_a_later_one_cannot_be_opened() -> None:
    clock = ManualClock(100.0)
    first = Scripted(clock, grey(90), 20.0)

    def open_grabber(index: int) -> Scripted:
        if index:
            raise MemoryError
        return first

    facts = CameraFacts("north", "/dev/video0", True, 20.0)
    with pytest.raises(MemoryError):
        look([facts, facts], open_grabber, lambda _: None, clock)
    assert first.is_closed


def test_a_camera_that_the_daemon_has_is_not_opened() -> None:
    def refuse(_: int) -> Scripted:
        raise AssertionError("it was opened")

    facts = replace(GOOD, pictures=None, is_held=True)
    assert look([facts], refuse, lambda _: None, ManualClock()) == [facts]


def test_a_source_is_described_without_being_opened(tmp_path: Path) -> None:
    device = tmp_path / "video0"
    lane = LaneSettings(frames=FramesSettings(source=str(device)))
    assert read_source(lane, None, is_held=False).absence
    device.touch()
    assert not read_source(lane, None, is_held=False).is_camera, "only a path in /dev is a camera"


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="needs /dev")
def test_a_user_who_may_not_open_the_device_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("binarycop.doctor.camera_facts.os.access", lambda *_: False)
    lane = LaneSettings(frames=FramesSettings(source="/dev/null"))
    assert read_source(lane, None, is_held=False).denied[0] == "this user"


@pytest.mark.parametrize(("mode", "may"), [(0o660, True), (0o640, False), (0o606, False), (0o600, False)], ids=str)
def test_a_device_is_the_daemons_by_its_group(mode: int, may: bool, tmp_path: Path) -> None:
    device = tmp_path / "video0"
    device.touch()
    found = list(device.stat())
    found[0] = mode
    user = pwd.getpwnam("nobody")
    found[4], found[5] = user.pw_uid + 1, user.pw_gid
    assert may_open(os.stat_result(found), "nobody") is may


def test_without_the_daemons_user_nobody_is_kept_out(tmp_path: Path) -> None:
    assert may_open(tmp_path.stat(), "there-is-no-such-user")


def test_a_daemon_that_looks_at_too_few_frames_is_a_warning_that_says_how_many_a_verdict_needs() -> None:
    words = "one frame in 400 ms is looked at; a verdict needs one in 188 ms"
    [finding] = [finding for finding in check_camera(running(seldom=words)) if finding.name == "frames"]
    assert (finding.level, finding.text) == (Level.WARN, words)
    assert "aim" in finding.remedy
