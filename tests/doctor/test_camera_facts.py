"""Several cameras are looked through at once, and closed at once."""

from dataclasses import dataclass

from binarycop.clock import ManualClock
from binarycop.doctor.camera import CameraFacts
from binarycop.doctor.camera_facts import look
from binarycop.frames.base import Frame
from binarycop.frames.source_event import SourceEvent


@dataclass
class HungCamera:
    """Gives no picture, and its driver does not come back."""

    clock: ManualClock
    captured: int = 0
    mode: str | None = None
    has_ended: bool = False
    is_closing: bool = False

    def start(self) -> None:
        """Nothing comes of it."""

    def take(self, timeout_s: float) -> Frame | None:
        self.clock.advance_to(self.clock.now_s() + timeout_s)
        return None

    def events(self) -> list[SourceEvent]:
        return []

    def begin_close(self) -> None:
        self.is_closing = True

    def close(self, timeout_s: float) -> bool:
        assert self.is_closing
        self.clock.advance_to(self.clock.now_s() + timeout_s)
        return False


def camera(number: int) -> CameraFacts:
    return CameraFacts(f"gate-{number}", f"/dev/video{number}", is_camera=True, asked_hz=30.0)


def test_cameras_that_hang_are_given_up_together() -> None:
    clock = ManualClock()
    found = look([camera(number) for number in range(16)], lambda _: HungCamera(clock), lambda _: None, clock)
    assert [one.problem for one in found] == ["no picture came; the driver hangs"] * 16
    assert clock.now_s() < 11
