"""A V4L2 camera: reads, losses and modes with a fake device; refusals by the kernel of devices that are no camera."""

from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from binarycop.clock import ManualClock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.camera import Camera, CameraSettings
from binarycop.frames.names import device_path
from binarycop.frames.v4l2 import Buffer, CaptureDevice, DriverFormat
from tests.frames.fakes import picture

DEVICE = "/dev/null"  # a device that exists on every machine
SETTINGS = CameraSettings(width_px=32, height_px=24, rate_hz=30.0, fourcc="MJPG")


class FakeDevice(CaptureDevice):
    """A device that gives the pictures of a list, then none. A picture is BGR, or the bytes of a buffer.

    formats: what it offers. given: what it sets instead of what was requested. waiting: how many pictures are there at
    once. damaged: the numbers of pictures that the driver says are wrong, from 0. stamps_s: the driver's time stamps; 0
    without them.
    """

    def __init__(
        self,
        pictures: list[Any],
        *,
        formats: tuple[str, ...] = ("BGR3",),
        given: DriverFormat | None = None,
        rate_hz: float | None = 30.0,
        waiting: int = 1,
        damaged: tuple[int, ...] = (),
        stamps_s: tuple[float, ...] = (),
    ) -> None:
        self._pictures = deque(enumerate(pictures))
        self._formats, self._rate_hz, self._given = list(formats), rate_hz, given
        self._waiting, self._damaged, self._stamps_s = waiting, damaged, stamps_s
        self._at_once = 0
        self.order: list[Any] = []
        self.times_closed = 0
        self.taken: set[int] = set()

    def formats(self, buffer_type: int = 1) -> list[str]:
        return self._formats

    def set_format(self, fourcc: str, width_px: int, height_px: int) -> DriverFormat:
        self.order.append((fourcc, width_px, height_px))
        return self._given or DriverFormat(fourcc, width_px, height_px, 0)

    def set_rate(self, rate_hz: float) -> float | None:
        self.order.append(rate_hz)
        return self._rate_hz

    def start(self) -> None:
        self.order.append("start")

    def dequeue(self, timeout_s: float) -> Buffer | None:
        if timeout_s:
            assert timeout_s == 2.0
            self._at_once = self._waiting
        if not self._pictures or not self._at_once:
            return None
        self._at_once -= 1
        number, content = self._pictures.popleft()
        content = content if isinstance(content, bytes) else content.tobytes()
        stamp_s = self._stamps_s[number] if self._stamps_s else 0.0
        assert number not in self.taken
        self.taken.add(number)
        return Buffer(number, np.frombuffer(content, np.uint8), number in self._damaged, stamp_s)

    def requeue(self, index: int) -> None:
        self.taken.remove(index)

    def close(self) -> None:
        self.times_closed += 1


def camera(device: FakeDevice, clock: ManualClock | None = None, **settings: Any) -> Camera:
    requested = replace(SETTINGS, **settings)
    return Camera(DEVICE, clock or ManualClock(), requested, open_device=lambda *_: device)


def values(live: Camera, count: int) -> list[int | str]:
    """Each picture's value, or the reason for which it is bad."""
    found: list[int | str] = []
    for _ in range(count):
        try:
            found.append(int(live.read().pixels[0, 0, 0]))
        except UndecodableFrame as error:
            found.append(error.reason)
    return found


def test_a_missing_camera_is_refused_with_advice() -> None:
    with pytest.raises(SourceError, match=r"source 63: there is no such device; is the camera plugged in\?"):
        Camera("63", ManualClock(), SETTINGS)


def test_a_device_or_file_that_is_not_a_camera_is_refused(tmp_path: Path) -> None:
    (tmp_path / "video0").write_bytes(b"")
    for spec in (DEVICE, str(tmp_path / "video0")):
        with pytest.raises(SourceError, match="is not a camera"):
            Camera(spec, ManualClock(), SETTINGS)


def test_a_camera_without_a_first_picture_is_refused_and_closed() -> None:
    device = FakeDevice([])
    with pytest.raises(SourceError, match="gives no picture, though no other program uses it"):
        camera(device)
    assert device.times_closed == 1


def test_bad_pictures_at_the_start_do_not_count_but_fifteen_are_a_camera_that_does_not_work() -> None:
    good = FakeDevice([b"", b"", picture(2), picture(3)], stamps_s=(0.0, 0.0, 10.0, 10.1))
    live = camera(good, clock := ManualClock(10.0))
    clock.advance_to(11.0)
    assert live.read().captured_s == 10.1  # the empty ones have no time stamps
    bad = FakeDevice([b""] * 20)
    with pytest.raises(SourceError, match="begins with 15 pictures that are empty, too short or damaged"):
        camera(bad)
    assert (bad.taken, bad.times_closed) == (set(), 1)


def test_a_number_names_a_device_and_a_path_stays_a_path() -> None:
    assert device_path("0") == Path("/dev/video0")
    assert device_path("12") == Path("/dev/video12")
    assert device_path("/dev/v4l/by-id/usb-cam-video-index0") == Path("/dev/v4l/by-id/usb-cam-video-index0")


def test_format_and_size_are_requested_before_the_rate_and_the_start() -> None:
    device = FakeDevice([bytes(640 * 480 * 2)], formats=("MJPG", "YUYV"))
    camera(device, width_px=640, height_px=480, rate_hz=15.0, fourcc="YUYV")
    assert device.order == [("YUYV", 640, 480), 15.0, "start"]


def test_a_camera_without_the_requested_format_is_asked_for_one_that_it_has() -> None:
    device = FakeDevice([picture(1)], formats=("H264", "BGR3"))
    assert values(camera(device), 0) == []
    assert device.order[0] == ("BGR3", 32, 24)


@pytest.mark.parametrize("formats", [("H264",), ("GREY",), ()])
def test_a_camera_without_a_format_that_is_read_is_refused_and_closed(formats: tuple[str, ...]) -> None:
    device = FakeDevice([picture(1)], formats=formats)
    with pytest.raises(SourceError, match=r"H264|GREY|nothing"):
        camera(device)
    assert (device.times_closed, device.order) == (1, [])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (DriverFormat("H264", 32, 24, 0), "sends H264, which is not supported; it offers BGR3 YUYV"),
        (
            DriverFormat("YUYV", 8000, 6000, 0),
            "sends 8000×6000 pixels, more than 16777216 or none; it offers BGR3 YUYV",
        ),
        (DriverFormat("YUYV", 32, 12, 0, field=7), "fields of interlaced pictures separately"),
    ],
)
def test_a_driver_that_sets_something_unusable_is_refused(given: DriverFormat, reason: str) -> None:
    device = FakeDevice([picture(1)], formats=("BGR3", "YUYV"), given=given)
    with pytest.raises(SourceError, match=reason):
        camera(device)
    assert device.times_closed == 1


@pytest.mark.parametrize(
    ("given", "rate_hz", "mode"),
    [
        (DriverFormat("MJPG", 32, 24, 0), 30.0, "MJPG 32×24 at 30 Hz"),
        (DriverFormat("JPEG", 32, 24, 0), 30.0, "JPEG 32×24 at 30 Hz"),
        (DriverFormat("MJPG", 32, 24, 0), 30000 / 1001, "MJPG 32×24 at 29.97 Hz"),
        (DriverFormat("MJPG", 32, 24, 0), None, "MJPG 32×24"),
        (DriverFormat("MJPG", 32, 24, 0), 25.0, "MJPG 32×24 at 25 Hz instead of MJPG 32×24 at 30 Hz"),
        (DriverFormat("YUYV", 64, 48, 0), 7.5, "YUYV 64×48 at 7.5 Hz instead of MJPG 32×24 at 30 Hz"),
        (DriverFormat("MJPG", 32, 24, 0, field=4), 30.0, "MJPG 32×24 at 30 Hz, interlaced"),
    ],
)
def test_the_mode_says_what_the_camera_sends_and_what_was_requested_instead(
    given: DriverFormat, rate_hz: float | None, mode: str
) -> None:
    device = FakeDevice([bytes(64 * 48 * 2)], formats=("MJPG",), given=given, rate_hz=rate_hz)
    assert camera(device).mode == mode


def test_frames_have_the_clocks_time_and_are_numbered_from_0() -> None:
    clock = ManualClock(10.0)
    live = camera(FakeDevice([picture(1), picture(2), picture(3)]), clock)
    first = live.read()
    clock.advance_to(10.5)
    second = live.read()
    assert [(frame.captured_s, frame.number) for frame in (first, second)] == [(10.0, 0), (10.5, 1)]
    assert np.array_equal(first.pixels, picture(2))


def test_a_frame_has_the_time_of_its_drivers_stamp_if_that_is_of_the_same_clock() -> None:
    clock = ManualClock(10.0)
    live = camera(FakeDevice([picture(value) for value in range(4)], stamps_s=(10.0, 10.1, 10.2, 10.3)), clock)
    clock.advance_to(17.0)
    assert [live.read().captured_s for _ in range(3)] == pytest.approx([10.1, 10.2, 10.3])


def test_a_frame_whose_time_stamp_stands_still_has_not_advanced() -> None:
    live = camera(FakeDevice([picture(value) for value in range(4)], stamps_s=(1e9, 1e9 + 1, 1e9 + 1, 1e9 + 2)))
    frames = [live.read() for _ in range(3)]
    assert [frame.has_advanced for frame in frames] == [True, False, True]
    assert {frame.captured_s for frame in frames} == {0.0}


def test_of_several_pictures_that_wait_the_newest_is_read() -> None:
    device = FakeDevice([picture(value) for value in range(8)], waiting=3)
    assert values(camera(device), 2) == [3, 6]
    assert device.taken == set()


def test_of_several_pictures_that_wait_each_bad_one_is_reported() -> None:
    half = picture(9).tobytes()[:1000]
    device = FakeDevice([picture(0), picture(1), half, picture(3), picture(4), picture(5)], waiting=6, damaged=(4,))
    assert values(camera(device), 5) == [
        1,
        "picture 1 has 1000 of 2304 bytes",
        3,
        "picture 3 is damaged: the camera's driver says so",
        5,
    ]
    assert device.taken == set()


def test_a_camera_that_is_unplugged_is_lost() -> None:
    live = camera(FakeDevice([picture(1), picture(2)]))
    live.read()
    with pytest.raises(SourceError, match="unplugged or stalled") as caught:
        live.read()
    assert not isinstance(caught.value, UndecodableFrame)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"", "picture 0 is empty"),
        (picture(2).tobytes()[:-1], "picture 0 has 2303 of 2304 bytes"),
        (picture(2).tobytes()[:1152], "picture 0 has 1152 of 2304 bytes"),
    ],
)
def test_one_bad_picture_does_not_lose_the_camera(bad: bytes, reason: str) -> None:
    live = camera(FakeDevice([picture(1), bad, picture(3)]))
    assert values(live, 2) == [reason, 3]


def jpeg(value: int) -> bytes:
    is_encoded, data = cv2.imencode(".jpg", picture(value))
    assert is_encoded
    return data.tobytes()


def test_jpegs_are_decoded_and_a_bad_one_is_an_error() -> None:
    live = camera(FakeDevice([jpeg(1), jpeg(2), jpeg(3)[:-9], jpeg(4)], formats=("MJPG",)))
    assert values(live, 3) == [2, "picture 1 is truncated: a JPEG without its end", 4]


def test_a_jpeg_much_larger_than_the_driver_stated_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = cv2.imencode(".jpg", np.zeros((50, 65, 3), np.uint8))[1].tobytes()
    live = camera(FakeDevice([jpeg(1), large, jpeg(2)], formats=("MJPG",)))
    with monkeypatch.context() as patched:
        patched.setattr(cv2, "imdecode", None)
        assert values(live, 1) == ["picture 0 has 65×50 pixels, more than 3072"]
    assert values(live, 1) == [2]


def test_a_camera_with_only_bad_pictures_is_lost() -> None:
    device = FakeDevice([picture(1), *[b""] * 14, picture(2), *[b""] * 15])
    live = camera(device)
    empty = [f"picture {number} is empty" for number in range(29)]
    assert values(live, 29) == [*empty[:14], 2, *empty[15:]]
    with pytest.raises(SourceError, match="15 bad pictures in a row; the last one is empty") as caught:
        live.read()
    assert not isinstance(caught.value, UndecodableFrame)
    assert device.taken == set()


def test_closing_closes_the_device() -> None:
    device = FakeDevice([picture(1)])
    camera(device).close()
    assert device.times_closed == 1


def test_pictures_that_wait_are_dropped_on_request_whole_or_bad() -> None:
    device = FakeDevice([picture(value) for value in range(6)] + [b"short"] + [picture(9)], waiting=3)
    live = camera(device)
    assert values(live, 1) == [3]  # the first one, and those that have waited with it, are older
    device._at_once = 3
    live.drop_waiting()
    assert values(live, 1) == [9]
    assert not device.taken


def test_a_driver_that_fills_each_buffer_at_once_is_asked_for_its_own_buffers_only() -> None:
    class FastDevice(FakeDevice):
        def requeue(self, index: int) -> None:
            super().requeue(index)
            self._at_once += 1

    live = camera(FastDevice([picture(value) for value in range(10)], waiting=3))
    assert values(live, 1) == [3]
    live.drop_waiting()
    assert values(live, 1) == [9], "4, 5 and 6 were dropped, and the newest of the next three counts"
