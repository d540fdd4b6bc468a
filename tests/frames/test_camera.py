"""A V4L2 camera: refusals by the real OpenCV; reads and losses with a fake capture."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from binarycop.clock import ManualClock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.camera import Camera, CameraSettings, device_path
from tests.frames.fakes import picture

DEVICE = "/dev/null"  # a device that exists on every machine
SETTINGS = CameraSettings(width_px=320, height_px=240, rate_hz=30.0, fourcc="MJPG")


class FakeCapture:
    """A capture that gives the pictures of a list, then fails. None is a picture that it cannot convert.

    fourcc: the format that it sends, even if another is requested; a JPEG picture is given as its bytes. stamps_s: the
    driver's time stamp of each picture; 0 without them. size_px: the size that the driver states.
    """

    def __init__(
        self,
        pictures: list[Any],
        *,
        opens: bool = True,
        fourcc: str = "YUYV",
        stamps_s: Sequence[float] = (),
        size_px: tuple[int, int] = (0, 0),
    ) -> None:
        self.pictures, self._opens = list(pictures), opens
        self._stamps_s, self._size_px = [0.0, *stamps_s], size_px
        self._fourcc = cv2.VideoWriter.fourcc(*fourcc)
        self.requested: dict[int, float] = {}
        self.order: list[int] = []
        self.released = 0
        self._current: Any = None

    def isOpened(self) -> bool:  # noqa: N802
        return self._opens

    def set(self, prop: int, value: float) -> bool:
        self.requested[prop] = value
        self.order.append(prop)
        return prop == cv2.CAP_PROP_CONVERT_RGB

    def get(self, prop: int) -> float:
        return {
            cv2.CAP_PROP_FOURCC: float(self._fourcc),
            cv2.CAP_PROP_POS_MSEC: 1000 * self._stamps_s[0],
            cv2.CAP_PROP_FRAME_WIDTH: float(self._size_px[0]),
            cv2.CAP_PROP_FRAME_HEIGHT: float(self._size_px[1]),
        }.get(prop, -1.0)

    def grab(self) -> bool:
        if not self.pictures:
            return False
        self._current = self.pictures.pop(0)
        if len(self._stamps_s) > 1:
            self._stamps_s.pop(0)
        return True

    def retrieve(self) -> tuple[bool, Any]:
        if isinstance(self._current, Exception):
            raise self._current
        return self._current is not None, self._current

    def release(self) -> None:
        self.released += 1


def camera(capture: FakeCapture, clock: ManualClock | None = None, **settings: Any) -> Camera:
    requested = replace(SETTINGS, **settings)
    return Camera(DEVICE, clock or ManualClock(), requested, open_capture=lambda _: capture)


def test_a_missing_camera_is_refused_with_advice() -> None:
    with pytest.raises(SourceError, match=r"source 63: there is no such device; is the camera plugged in\?"):
        Camera("63", ManualClock(), SETTINGS)


def test_a_device_or_file_that_is_not_a_camera_is_refused(tmp_path: Path) -> None:
    (tmp_path / "video0").write_bytes(b"")
    for spec in (DEVICE, str(tmp_path / "video0")):
        with pytest.raises(SourceError, match="is not a camera"):
            Camera(spec, ManualClock(), SETTINGS)


def test_a_device_without_access_is_never_opened_by_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    opened: list[str] = []
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(SourceError, match="group video"):
        Camera(DEVICE, ManualClock(), SETTINGS, open_capture=opened.append)
    assert opened == []


@pytest.mark.parametrize("capture", [FakeCapture([], opens=False), FakeCapture([])])
def test_a_camera_without_a_first_picture_is_refused_and_closed(capture: FakeCapture) -> None:
    with pytest.raises(SourceError):
        camera(capture)
    assert capture.released == 1


def test_a_number_names_a_device_and_a_path_stays_a_path() -> None:
    assert device_path("0") == Path("/dev/video0")
    assert device_path("12") == Path("/dev/video12")
    assert device_path("/dev/v4l/by-id/usb-cam-video-index0") == Path("/dev/v4l/by-id/usb-cam-video-index0")


def test_the_format_is_requested_before_the_size_and_one_buffer() -> None:
    capture = FakeCapture([picture(1)])
    camera(capture, width_px=640, height_px=480, rate_hz=15.0, fourcc="YUYV")
    assert capture.order[0] == cv2.CAP_PROP_FOURCC
    assert capture.requested == {
        cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*"YUYV"),
        cv2.CAP_PROP_FRAME_WIDTH: 640,
        cv2.CAP_PROP_FRAME_HEIGHT: 480,
        cv2.CAP_PROP_FPS: 15.0,
        cv2.CAP_PROP_BUFFERSIZE: 1,
    }


def test_without_a_format_opencv_chooses() -> None:
    capture = FakeCapture([picture(1)])
    camera(capture, fourcc="")
    assert cv2.CAP_PROP_FOURCC not in capture.requested


def test_frames_have_the_clocks_time_and_are_numbered_from_0() -> None:
    clock = ManualClock(10.0)
    live = camera(FakeCapture([picture(1), picture(2), picture(3)]), clock)
    first = live.read()
    clock.advance_to(10.5)
    second = live.read()
    assert [(frame.captured_s, frame.number) for frame in (first, second)] == [(10.0, 0), (10.5, 1)]
    assert np.array_equal(first.pixels, picture(2))


def test_a_frame_has_the_time_of_its_drivers_stamp_if_that_is_of_the_same_clock() -> None:
    clock = ManualClock(10.0)
    live = camera(FakeCapture([picture(value) for value in range(4)], stamps_s=(10.0, 10.1, 10.2, 10.3)), clock)
    clock.advance_to(17.0)
    assert [live.read().captured_s for _ in range(3)] == pytest.approx([10.1, 10.2, 10.3])


def test_a_frame_whose_time_stamp_stands_still_has_not_advanced() -> None:
    live = camera(FakeCapture([picture(value) for value in range(4)], stamps_s=(1e9, 1e9 + 1, 1e9 + 1, 1e9 + 2)))
    frames = [live.read() for _ in range(3)]
    assert [frame.has_advanced for frame in frames] == [True, False, True]
    assert {frame.captured_s for frame in frames} == {0.0}


def test_a_camera_of_too_many_pixels_is_refused_and_closed() -> None:
    capture = FakeCapture([picture(1)], size_px=(8000, 6000))
    with pytest.raises(SourceError, match="sends 8000×6000 pixels, more than 16777216"):
        camera(capture)
    assert capture.released == 1


def test_a_jpeg_much_larger_than_the_driver_stated_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = cv2.imencode(".jpg", np.zeros((50, 65, 3), np.uint8))[1].reshape(1, -1)
    live = camera(FakeCapture([jpeg(1), large, jpeg(2)], fourcc="MJPG", size_px=(32, 24)))
    with monkeypatch.context() as patched:
        patched.setattr(cv2, "imdecode", None)
        with pytest.raises(UndecodableFrame, match="picture 0 has 65×50 pixels, more than 3072"):
            live.read()
    assert np.array_equal(live.read().pixels, picture(2))


def test_a_camera_that_is_unplugged_is_lost() -> None:
    live = camera(FakeCapture([picture(1), picture(2)]))
    live.read()
    with pytest.raises(SourceError, match="unplugged or stalled") as caught:
        live.read()
    assert not isinstance(caught.value, UndecodableFrame)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (None, "picture 0 cannot be converted"),
        (cv2.error("secret"), "picture 0 cannot be converted"),
        (np.zeros((4, 4, 3), np.uint16), "picture 0 cannot be converted"),
        (np.zeros((4, 4), np.uint8), "picture 0 is not in colour"),
        (np.zeros((4, 4, 2), np.uint8), "picture 0 is not in colour"),
    ],
)
def test_one_bad_picture_does_not_lose_the_camera(bad: Any, reason: str) -> None:
    live = camera(FakeCapture([picture(1), bad, picture(3)]))
    with pytest.raises(UndecodableFrame) as caught:
        live.read()
    assert caught.value.reason == reason
    assert np.array_equal(live.read().pixels, picture(3))


def jpeg(value: int) -> Any:
    is_encoded, data = cv2.imencode(".jpg", picture(value))
    assert is_encoded
    return data.reshape(1, -1)


def test_jpegs_are_decoded_by_the_camera_and_a_bad_one_is_an_error() -> None:
    capture = FakeCapture([jpeg(1), jpeg(2), jpeg(3)[:, :-9], jpeg(4)], fourcc="MJPG")
    live = camera(capture)
    assert capture.requested[cv2.CAP_PROP_CONVERT_RGB] == 0
    assert np.array_equal(live.read().pixels, picture(2))
    with pytest.raises(UndecodableFrame, match="picture 1 is truncated"):
        live.read()
    assert np.array_equal(live.read().pixels, picture(4))


def test_opencv_converts_other_formats() -> None:
    capture = FakeCapture([picture(1)], fourcc="YUYV")
    camera(capture, fourcc="MJPG")
    assert cv2.CAP_PROP_CONVERT_RGB not in capture.requested


def test_a_camera_with_only_bad_pictures_is_lost() -> None:
    live = camera(FakeCapture([picture(1), *[None] * 14, picture(2), *[None] * 15]))
    for _ in range(14):
        with pytest.raises(UndecodableFrame):
            live.read()
    live.read()
    for _ in range(14):
        with pytest.raises(UndecodableFrame):
            live.read()
    with pytest.raises(SourceError, match="15 bad pictures in a row; the last one cannot be converted") as caught:
        live.read()
    assert not isinstance(caught.value, UndecodableFrame)


def test_opencv_waits_two_seconds_for_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "placeholder")
    monkeypatch.delenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT")
    camera(FakeCapture([picture(1)]))
    assert os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] == "2"


def test_a_timeout_from_the_environment_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
    camera(FakeCapture([picture(1)]))
    assert os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] == "1"


def test_closing_releases_the_capture() -> None:
    capture = FakeCapture([picture(1)])
    camera(capture).close()
    assert capture.released == 1
