"""The camera with OpenCV's own V4L2 code, on a device that a preloaded library simulates (fake_v4l2.c)."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

HERE = Path(__file__).parent
DEADLINE_S = 60.0
COMPILER = shutil.which("cc") or shutil.which("gcc")

pytestmark = pytest.mark.skipif(COMPILER is None or sys.platform != "linux", reason="needs Linux and a C compiler")

# Reads up to argv[2] pictures in the format argv[1]; prints the result of each step and how long it took. The driver's
# time stamps become those of argv[3] after the first picture.
READER = """
import json, os, sys, time
from binarycop.clock import MonotonicClock
from binarycop.errors import SourceError
from binarycop.frames.camera import Camera, CameraSettings

steps = []
camera = None
for _ in range(int(sys.argv[2]) + 1):
    began_s = time.monotonic()
    try:
        if camera is None:
            camera = Camera("/dev/full", MonotonicClock(), CameraSettings(320, 240, 30.0, sys.argv[1]))
            result = "opened"
        else:
            frame = camera.read()
            result = [frame.number, frame.pixels.shape, frame.pixels[0, 0].tolist()]
            result += [time.monotonic() - frame.captured_s, frame.has_advanced]
            if len(sys.argv) > 3:
                open(os.environ["FAKE_STAMP"], "w").write(sys.argv[3])
    except SourceError as error:
        result = [type(error).__name__, error.reason]
    steps.append([result, time.monotonic() - began_s])
    if camera is None:
        break
if camera is not None:
    camera.close()
print(json.dumps(steps))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("v4l2") / "fake_v4l2.so"
    command = [str(COMPILER), "-shared", "-fPIC", "-O1", "-o", str(built), str(HERE / "fake_v4l2.c"), "-ldl"]
    subprocess.run(command, check=True, timeout=DEADLINE_S)
    return built


class Device:
    """Runs a process in which /dev/full is a camera. Its picture is the file ``picture``."""

    def __init__(self, library: Path, folder: Path) -> None:
        self._library = library
        self.picture = folder / "picture"
        is_encoded, data = cv2.imencode(".jpg", np.full((240, 320, 3), (200, 100, 50), np.uint8))
        assert is_encoded
        self.picture.write_bytes(data.tobytes())

    def read(
        self, fourcc: str, reads: int, *, then_stamp: str | None = None, **fake: object
    ) -> tuple[list[Any], list[float]]:
        """The result of each step, the opening first, and the seconds that each took. fake: see fake_v4l2.c."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENCV_")}
        environment |= {"LD_PRELOAD": str(self._library), "FAKE_PICTURE": str(self.picture)}
        environment["FAKE_STAMP"] = str(self.picture.with_suffix(".stamp"))
        environment |= {f"FAKE_{key.upper()}": str(value) for key, value in fake.items()}
        process = subprocess.run(
            [sys.executable, "-c", READER, fourcc, str(reads), *([then_stamp] if then_stamp else [])],
            env=environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=True,
        )
        steps = json.loads(process.stdout)
        return [result for result, _ in steps], [took_s for _, took_s in steps]


@pytest.fixture
def device(library: Path, tmp_path: Path) -> Device:
    return Device(library, tmp_path)


def test_jpeg_pictures_arrive_as_bgr_in_the_requested_size(device: Device) -> None:
    steps, _ = device.read("MJPG", 2)
    assert steps[0] == "opened"
    for number, shape, pixel, _, _ in steps[1:]:
        assert shape == [240, 320, 3]
        assert pixel == pytest.approx([200, 100, 50], abs=3)
        assert number in (0, 1)


def test_uncompressed_pictures_arrive_as_bgr(device: Device) -> None:
    device.picture.write_bytes(bytes([128, 128]) * (320 * 240))
    steps, _ = device.read("YUYV", 1)
    assert steps[0] == "opened"
    assert steps[1][:3] == [0, [240, 320, 3], [130, 130, 130]]


def test_a_camera_that_stalls_is_lost_after_two_seconds(device: Device) -> None:
    steps, took_s = device.read("MJPG", 4, frames=4)
    assert steps[-1] == ["SourceError", "gives no more pictures: unplugged or stalled"]
    assert 1.5 < max(took_s) < 6.0  # OpenCV's own wait is 10 s


def test_an_unplugged_camera_is_lost(device: Device) -> None:
    steps, _ = device.read("MJPG", 4, frames=4, end="gone")
    assert steps[-1] == ["SourceError", "gives no more pictures: unplugged or stalled"]


def test_a_bad_jpeg_does_not_repeat_the_picture_before_it(device: Device) -> None:
    steps, _ = device.read("MJPG", 6, bad=5)
    kinds = ["bad" if step[0] == "UndecodableFrame" else "good" for step in steps[1:]]
    assert kinds.count("bad") == 1
    assert kinds[-1] == "good"


def test_a_truncated_jpeg_is_an_error(device: Device) -> None:
    data = device.picture.read_bytes()
    device.picture.write_bytes(data[: len(data) * 3 // 4])
    steps, _ = device.read("MJPG", 1)
    assert steps[1] == ["UndecodableFrame", "picture 0 is truncated: a JPEG without its end"]


def test_a_camera_that_another_program_uses_is_busy(device: Device) -> None:
    steps, took_s = device.read("MJPG", 1, busy=1)
    assert steps == [["SourceError", "is busy: another program uses it"]]
    assert max(took_s) < 6.0


def test_a_camera_that_never_sends_a_picture_is_refused(device: Device) -> None:
    steps, took_s = device.read("MJPG", 1, frames=0)
    assert steps[0][0] == "SourceError"
    assert "try another size, rate or format" in steps[0][1]
    assert max(took_s) < 6.0


def stamped(steps: list[Any]) -> tuple[list[float], list[bool]]:
    """The age of each frame in seconds, and whether it has advanced."""
    return [step[3] for step in steps[1:]], [step[4] for step in steps[1:]]


def test_a_frame_has_the_time_stamp_of_the_driver(device: Device) -> None:
    steps, _ = device.read("MJPG", 4, then_stamp="0.7", hz=20)
    ages_s, _ = stamped(steps)
    assert 0 <= ages_s[0] < 0.5
    assert all(0.7 <= age_s < 1.2 for age_s in ages_s[1:])


def test_a_frame_that_was_captured_long_ago_is_that_old(device: Device) -> None:
    steps, _ = device.read("MJPG", 3, then_stamp="200")
    ages_s, _ = stamped(steps)
    assert all(200 <= age_s < 201 for age_s in ages_s[1:])


def test_a_time_stamp_in_the_future_is_the_time_of_the_read(device: Device) -> None:
    steps, _ = device.read("MJPG", 3, then_stamp="-5")
    ages_s, _ = stamped(steps)
    assert all(0 <= age_s < 0.5 for age_s in ages_s)


def test_a_time_stamp_that_stands_still_is_no_new_frame(device: Device) -> None:
    steps, _ = device.read("MJPG", 4, then_stamp="still", hz=20)
    assert stamped(steps)[1] == [True, False, False, False]


def test_a_driver_without_time_stamps_is_read_as_well(device: Device) -> None:
    device.picture.with_suffix(".stamp").write_text("none")
    ages_s, has_advanced = stamped(device.read("MJPG", 4)[0])
    assert all(0 <= age_s < 0.5 for age_s in ages_s)
    assert all(has_advanced)


def test_a_jpeg_of_50_megapixels_is_refused_by_its_header(device: Device) -> None:
    is_encoded, data = cv2.imencode(".jpg", np.zeros((6000, 8333, 3), np.uint8))
    assert is_encoded
    device.picture.write_bytes(data.tobytes())
    steps, took_s = device.read("MJPG", 2)
    assert steps[1] == ["UndecodableFrame", "picture 0 has 8333×6000 pixels, more than 307200"]
    assert max(took_s[1:]) < 0.2
