"""The camera's code on the kernel's virtual cameras (vivid), which draw colour bars in many formats.

init loads three: a webcam, a camera on an S-Video input, a multi-planar one.
"""

import fcntl
import os
import struct
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

import numpy as np

from binarycop.clock import MonotonicClock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.camera import Camera, CameraSettings
from binarycop.frames.names import device_path
from binarycop.frames.pixel_format import JPEG, LAYOUTS
from binarycop.frames.v4l2 import CaptureDevice
from tests.system.board.guest.simulator import Simulator

WEBCAM, S_VIDEO, MULTI_PLANAR = "0", "1", "2"
SETTINGS = CameraSettings(320, 180, 15.0, "YUYV")
# 75 % colour bars from left to right, as (blue, green, red).
BARS = [(blue, green, red) for green in (191, 0) for red in (191, 0) for blue in (191, 0)]
_QUERYCTRL, _S_CTRL, _NEXT = 0xC0445624, 0xC008561C, 0x80000000
_QUERY = struct.Struct("II32siiiiI8x")


def control(device: str, name: str, value: int) -> None:
    """Set the control with that name. Raises OSError (EINVAL) if there is none."""
    fd = os.open(f"/dev/video{device}", os.O_RDWR)
    try:
        number = _NEXT
        while True:
            query = bytearray(_QUERY.pack(number, 0, b"", 0, 0, 0, 0, 0))
            fcntl.ioctl(fd, _QUERYCTRL, query)
            found, _, text, *_ = _QUERY.unpack(query)
            if text.rstrip(b"\0").decode() == name:
                fcntl.ioctl(fd, _S_CTRL, bytearray(struct.pack("Ii", found, value)))
                return
            number = found | _NEXT
    finally:
        os.close(fd)


def opened(device: str = WEBCAM, fourcc: str = "YUYV") -> Camera:
    return Camera(device, MonotonicClock(), replace(SETTINGS, fourcc=fourcc))


def assert_bars(camera: Camera, within: int) -> int:
    """The camera shows the bars. Returns the largest difference."""
    pixels = camera.read().pixels
    height_px, width_px, _ = pixels.shape
    columns = [round((bar + 0.5) * width_px / len(BARS)) for bar in range(len(BARS))]
    shown = np.array([pixels[height_px // 2, column] for column in columns], int)
    worst = int(np.abs(shown - np.array(BARS)).max())
    assert worst <= within, f"{camera.mode}: {shown.tolist()} instead of {BARS}"
    return worst


def every_format_has_its_colours(_: Simulator) -> str:
    control(WEBCAM, "OSD Text Mode", 2)
    results = []
    device = CaptureDevice(WEBCAM, device_path(WEBCAM))
    offered = device.formats()
    device.close()
    for fourcc in LAYOUTS:
        if fourcc in offered:
            camera = opened(WEBCAM, fourcc)
            try:
                worst = assert_bars(camera, 8)
            finally:
                camera.close()
            assert camera.mode == f"{fourcc} 320×180 at 15 Hz", camera.mode
            results.append(f"{fourcc} (off by {worst})")
    assert len(results) >= 11, results
    return ", ".join(results)


def range_and_encoding_are_taken_from_the_driver(_: Simulator) -> str:
    control(WEBCAM, "OSD Text Mode", 2)
    results = []
    for name, values in (("Y'CbCr Encoding", (1, 2, 6)), ("Quantization", (1, 2))):
        for value in values:
            control(WEBCAM, name, value)
            for fourcc in ("YUYV", "NV12"):
                camera = opened(WEBCAM, fourcc)
                try:
                    results.append(f"{name} {value} {fourcc}: off by {assert_bars(camera, 8)}")
                finally:
                    camera.close()
        control(WEBCAM, name, 0)
    return ", ".join(results)


def a_wish_that_is_refused_is_told(_: Simulator) -> str:
    camera = Camera(WEBCAM, MonotonicClock(), CameraSettings(500, 300, 240.0, JPEG[0]))
    try:
        assert " instead of MJPG 500×300 at 240 Hz" in camera.mode, camera.mode
        assert camera.read().pixels.shape[2] == 3
    finally:
        camera.close()
    return camera.mode


def interlaced_pictures_are_whole_ones(_: Simulator) -> str:
    control(S_VIDEO, "OSD Text Mode", 2)
    camera = opened(S_VIDEO)
    try:
        assert ", interlaced" in camera.mode, camera.mode
        assert_bars(camera, 8)
    finally:
        camera.close()
    return camera.mode


def a_multi_planar_camera_is_refused_with_its_formats(_: Simulator) -> str:
    reason = _reason_for(lambda: opened(MULTI_PLANAR), SourceError)
    assert "in separate planes only (" in reason, reason
    assert "NV12" in reason, reason
    return reason


def another_programs_camera_is_busy(_: Simulator) -> str:
    camera = opened()
    try:
        reason = _reason_for(opened, SourceError)
        assert reason == "is busy: another program uses it", reason
        assert camera.read().has_advanced
    finally:
        camera.close()
    return reason


def closed_and_opened_again_it_works(_: Simulator) -> str:
    before = len(os.listdir("/proc/self/fd"))
    for _count in range(5):
        camera = opened()
        camera.read()
        camera.close()
    assert len(os.listdir("/proc/self/fd")) == before
    return "5 times, no file left open"


def frames_are_young_and_advance(_: Simulator) -> str:
    camera, ages_s = opened(), []
    try:
        for _count in range(10):
            frame = camera.read()
            assert frame.has_advanced
            ages_s.append(monotonic() - frame.captured_s)
    finally:
        camera.close()
    assert 0 <= min(ages_s) <= max(ages_s) < 2, ages_s
    return f"{1000 * min(ages_s):.0f} to {1000 * max(ages_s):.0f} ms old"


def a_damaged_buffer_is_a_bad_picture(_: Simulator) -> str:
    camera = opened()
    try:
        control(WEBCAM, "Inject V4L2_BUF_FLAG_ERROR", 1)
        reason = _reason_for(camera.read, UndecodableFrame)
        assert "is damaged" in reason, reason
        assert camera.read().has_advanced
    finally:
        camera.close()
    return reason


def a_fatal_error_loses_the_camera(_: Simulator) -> str:
    camera = opened()
    try:
        control(WEBCAM, "Inject Fatal Streaming Error", 1)
        reason = _reason_for(camera.read, SourceError)
    finally:
        camera.close()
    again = opened()
    again.read()
    again.close()
    return f"{reason}; it works again"


def _reason_for(call: Callable[[], object], kind: type[SourceError]) -> str:
    """The reason of the error of that kind that one of the first calls raises."""
    for _count in range(10):
        try:
            call()
        except SourceError as error:
            if type(error) is kind:
                return error.reason
            raise
    raise AssertionError(f"no {kind.__name__} came")


CHECKS: dict[str, Callable[[Simulator], str]] = {
    f"camera: {check.__name__.replace('_', ' ')}": check
    for check in (
        every_format_has_its_colours,
        range_and_encoding_are_taken_from_the_driver,
        a_wish_that_is_refused_is_told,
        interlaced_pictures_are_whole_ones,
        a_multi_planar_camera_is_refused_with_its_formats,
        another_programs_camera_is_busy,
        closed_and_opened_again_it_works,
        frames_are_young_and_advance,
        a_damaged_buffer_is_a_bad_picture,
        a_fatal_error_loses_the_camera,
    )
}
