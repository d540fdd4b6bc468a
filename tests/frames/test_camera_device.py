"""The camera with the kernel's structures, on a device that a preloaded library simulates (fake_v4l2.c)."""

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

from binarycop.frames.pixel_format import LAYOUTS
from tests.frames.raw_pictures import COLOURS, HEIGHT_PX, WIDTH_PX, quarters, raw
from tests.patience import PATIENCE_S
from tests.tried import Kind, tried

HERE = Path(__file__).parent
STAMP_STEP_S = 1e-5  # a driver's stamp has whole microseconds
COMPILER = shutil.which("cc") or shutil.which("gcc")
BUILT = HERE / "fake_v4l2.so"  # where there is no compiler, such as in the tree of tests/system/armhf

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not (COMPILER or BUILT.exists()), reason="needs Linux and a C compiler"
)

# Reads up to argv[2] pictures, wanting the format argv[1]; prints the mode, the result of each step, for how long it
# waited in vain, and its time of the processor, since a busy machine takes longer by the clock. The driver's time
# stamps become those of argv[3] after the first picture.
READER = """
import json, os, select, sys, time
from binarycop.clock import MonotonicClock
from binarycop.errors import SourceError
from binarycop.frames.camera import Camera, CameraSettings

class Poll:
    def __init__(self):
        self._real = poll()
        self.register = self._real.register

    def poll(self, timeout_ms):
        events = self._real.poll(timeout_ms)
        if not events:
            waits_s.append(timeout_ms / 1000)
        return events

poll, select.poll = select.poll, Poll
steps = []
camera = None
for _ in range(int(sys.argv[2]) + 1):
    began_s, used_s, waits_s = time.monotonic(), time.process_time(), []
    try:
        if camera is None:
            camera = Camera("/dev/full", MonotonicClock(), CameraSettings(320, 240, 30.0, sys.argv[1]))
            result = ["opened", camera.mode]
        else:
            frame = camera.read()
            height_px, width_px, _ = frame.pixels.shape
            places = [(row * height_px // 4, column * width_px // 4) for row in (1, 3) for column in (1, 3)]
            result = [frame.number, [height_px, width_px], [frame.pixels[place].tolist() for place in places]]
            result += [[began_s - frame.captured_s, time.monotonic() - frame.captured_s], frame.has_advanced]
            if len(sys.argv) > 3:
                open(os.environ["FAKE_STAMP"], "w").write(sys.argv[3])
    except SourceError as error:
        result = [type(error).__name__, error.reason]
    steps.append([result, sum(waits_s), time.process_time() - used_s])
    if camera is None:
        break
if camera is not None:
    camera.close()
print(json.dumps(steps))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if BUILT.exists():
        return BUILT
    built = tmp_path_factory.mktemp("v4l2") / "fake_v4l2.so"
    command = [str(COMPILER), "-shared", "-fPIC", "-O1", "-o", str(built), str(HERE / "fake_v4l2.c"), "-ldl"]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    return built


class Device:
    """Runs a process in which /dev/full is a camera. Its picture is the file ``picture``."""

    def __init__(self, library: Path, folder: Path) -> None:
        self._library = library
        self.picture = folder / "picture"
        is_encoded, data = cv2.imencode(".jpg", quarters(), [cv2.IMWRITE_JPEG_QUALITY, 95])
        assert is_encoded
        self.picture.write_bytes(data.tobytes())

    def read(
        self, fourcc: str, reads: int, *, then_stamp: str | None = None, **fake: object
    ) -> tuple[list[Any], list[float], list[float]]:
        """For each step, the opening first: its result, and how many seconds it waited in vain and computed.

        fake: see fake_v4l2.c.
        """
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENCV_")}
        environment |= {"LD_PRELOAD": str(self._library), "FAKE_PICTURE": str(self.picture)}
        environment["FAKE_STAMP"] = str(self.picture.with_suffix(".stamp"))
        environment |= {f"FAKE_{key.upper()}": str(value) for key, value in fake.items()}
        process = subprocess.run(
            [sys.executable, "-c", READER, fourcc, str(reads), *([then_stamp] if then_stamp else [])],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=True,
        )
        steps = json.loads(process.stdout)
        results, waits_s, used_s = zip(*steps)
        return list(results), list(waits_s), list(used_s)


@pytest.fixture
def device(library: Path, tmp_path: Path) -> Device:
    return Device(library, tmp_path)


def assert_drawn(step: list[Any]) -> None:
    """The step read the four quarters of ``raw_pictures``."""
    _, shape, colours, _, _ = step
    assert shape == [HEIGHT_PX, WIDTH_PX]
    assert np.abs(np.array(colours) - np.array(list(COLOURS.values()))).max() <= 3


@tried(Kind.CAMERA, "MJPG, as requested", "decoded")
def test_jpeg_pictures_arrive_as_bgr_in_the_requested_size(device: Device) -> None:
    steps, *_ = device.read("MJPG", 2)
    assert steps[0] == ["opened", "MJPG 320×240 at 30 Hz"]
    for number, step in enumerate(steps[1:]):
        assert step[0] == number
        assert_drawn(step)


RIGHT = "converted; red and blue right"


@pytest.mark.parametrize(
    "fourcc", [pytest.param(name, marks=tried(Kind.CAMERA, f"{name} only", RIGHT)) for name in LAYOUTS]
)
def test_a_camera_with_another_format_only_is_converted(device: Device, fourcc: str) -> None:
    device.picture.write_bytes(raw(fourcc, quarters()))
    steps, *_ = device.read("MJPG", 1, formats=fourcc)
    assert steps[0] == ["opened", f"{fourcc} 320×240 at 30 Hz instead of MJPG 320×240 at 30 Hz"]
    assert_drawn(steps[1])


@pytest.mark.parametrize(
    ("wanted", "formats", "used"),
    [
        pytest.param("MJPG", "H264,NV12", "NV12", marks=tried(Kind.CAMERA, "H264 and NV12, MJPG refused", RIGHT)),
        pytest.param("YUYV", "MJPG,UYVY", "UYVY", marks=tried(Kind.CAMERA, "MJPG and UYVY, YUYV refused", RIGHT)),
    ],
)
def test_the_next_best_format_is_used(device: Device, wanted: str, formats: str, used: str) -> None:
    device.picture.write_bytes(raw(used, quarters()))
    steps, *_ = device.read(wanted, 1, formats=formats)
    assert steps[0][1].startswith(f"{used} 320×240")
    assert_drawn(steps[1])


@pytest.mark.parametrize(
    ("formats", "words"),
    [
        pytest.param(
            "H264,HEVC",
            "offers only H264 HEVC; supported are YUYV",
            marks=tried(Kind.CAMERA, "H264 and HEVC only", "refused: names what it has and what is supported"),
        ),
        pytest.param(
            "GREY,Y16 ",
            "sends grey, infrared or depth pictures only (GREY Y16)",
            marks=tried(Kind.CAMERA, "GREY and Y16 only (an infrared camera)", "refused: masks are judged in colour"),
        ),
    ],
)
def test_a_camera_without_a_format_that_is_read_is_refused(device: Device, formats: str, words: str) -> None:
    steps, waits_s, _ = device.read("MJPG", 1, formats=formats)
    assert steps[0][0] == "SourceError"
    assert steps[0][1].startswith(words)
    assert max(waits_s) == 0


@pytest.mark.parametrize(
    ("fourcc", "stride"),
    [
        pytest.param("YUYV", 704, marks=tried(Kind.CAMERA, "YUYV, 704 bytes in a line of 640", RIGHT)),
        pytest.param("NV12", 384, marks=tried(Kind.CAMERA, "NV12, 384 bytes in a line of 320", RIGHT)),
        pytest.param("YU12", 384, marks=tried(Kind.CAMERA, "YU12, 384 bytes in a line of 320", RIGHT)),
        pytest.param("BA81", 384, marks=tried(Kind.CAMERA, "BA81, 384 bytes in a line of 320", RIGHT)),
        pytest.param("BGR3", 1024, marks=tried(Kind.CAMERA, "BGR3, 1024 bytes in a line of 960", RIGHT)),
    ],
)
def test_lines_with_a_gap_after_them_are_converted(device: Device, fourcc: str, stride: int) -> None:
    device.picture.write_bytes(raw(fourcc, quarters(), stride=stride))
    steps, *_ = device.read("YUYV", 1, formats=fourcc, stride=stride)
    assert_drawn(steps[1])


@tried(Kind.CAMERA, "states fewer bytes in a line than its pixels have", "refused, with both figures")
def test_a_stride_that_cannot_be_is_refused(device: Device) -> None:
    steps, *_ = device.read("YUYV", 1, stride=600)
    reason = "states 600 bytes for a line of 320 pixels of YUYV; it offers YUYV MJPG"
    assert steps == [["SourceError", reason]]


@tried(Kind.CAMERA, "another size and rate than requested", "used; `started` says both")
def test_another_size_and_rate_are_used_and_reported(device: Device) -> None:
    larger = cv2.resize(quarters(), (480, 360), interpolation=cv2.INTER_NEAREST)
    device.picture.write_bytes(raw("YUYV", np.asarray(larger, np.uint8)))
    steps, *_ = device.read("YUYV", 1, size="480x360", rate=10)
    assert steps[0] == ["opened", "YUYV 480×360 at 10 Hz instead of YUYV 320×240 at 30 Hz"]
    assert steps[1][1] == [360, 480]
    assert np.abs(np.array(steps[1][2]) - np.array(list(COLOURS.values()))).max() <= 3


@pytest.mark.parametrize(
    ("colour", "weights", "is_full"),
    [
        pytest.param("0,0,1", (0.299, 0.114), True, marks=tried(Kind.CAMERA, "YUYV of full range", RIGHT)),
        pytest.param("7,0,0", (0.299, 0.114), True, marks=tried(Kind.CAMERA, "YUYV with JPEG's colours", RIGHT)),
        pytest.param("3,0,0", (0.2126, 0.0722), False, marks=tried(Kind.CAMERA, "YUYV with BT.709's colours", RIGHT)),
    ],
)
def test_range_and_colours_are_as_the_driver_says(
    device: Device, colour: str, weights: tuple[float, float], is_full: bool
) -> None:
    device.picture.write_bytes(raw("YUYV", quarters(), weights=weights, is_full=is_full))
    steps, *_ = device.read("YUYV", 1, colour=colour)
    assert_drawn(steps[1])


@pytest.mark.parametrize(
    ("field", "is_read"),
    [
        pytest.param(4, True, marks=tried(Kind.CAMERA, "interlaced, both fields in one picture", "used and reported")),
        *(
            pytest.param(field, False, marks=tried(Kind.CAMERA, f"interlaced, {words}", "refused: half of the lines"))
            for field, words in ((2, "one field only"), (5, "one field below the other"), (7, "fields in turn"))
        ),
    ],
)
def test_interlaced_pictures_are_used_only_if_they_are_whole(device: Device, field: int, is_read: bool) -> None:
    device.picture.write_bytes(raw("YUYV", quarters()))
    steps, *_ = device.read("YUYV", 1, field=field)
    if is_read:
        assert steps[0] == ["opened", "YUYV 320×240 at 30 Hz, interlaced"]
        assert_drawn(steps[1])
    else:
        assert steps[0][1].startswith("sends the two fields of interlaced pictures separately")


@tried(Kind.CAMERA, "every buffer half filled", "refused")
def test_a_camera_with_half_filled_buffers_only_is_refused(device: Device) -> None:
    device.picture.write_bytes(raw("YUYV", quarters()))
    steps, *_ = device.read("YUYV", 1, used=320 * 240)
    assert steps == [["SourceError", "begins with 15 pictures that are empty, too short or damaged"]]


@pytest.mark.parametrize(
    ("fake", "reason"),
    [
        pytest.param(
            {"short": 5, "used": 76800},
            "has 76800 of 153600 bytes",
            marks=tried(Kind.CAMERA, "a half-filled buffer", "an undecodable picture"),
        ),
        pytest.param(
            {"short": 5, "used": 0}, "is empty", marks=tried(Kind.CAMERA, "an empty buffer", "an undecodable picture")
        ),
        pytest.param(
            {"flagged": 5},
            "is damaged: the camera's driver says so",
            marks=tried(Kind.CAMERA, "a buffer with V4L2_BUF_FLAG_ERROR", "an undecodable picture"),
        ),
    ],
)
def test_a_partial_buffer_is_an_undecodable_picture(device: Device, fake: dict[str, Any], reason: str) -> None:
    device.picture.write_bytes(raw("YUYV", quarters()))
    steps, *_ = device.read("YUYV", 8, **fake)
    bad = [step for step in steps[1:] if step[0] == "UndecodableFrame"]
    assert len(bad) == 1
    assert bad[0][1].endswith(reason)
    for step in steps[1:]:
        if step not in bad:
            assert_drawn(step)


@pytest.mark.parametrize(
    ("capabilities", "words"),
    [
        pytest.param(
            0x0400_1000,
            "offers pictures in separate planes only (",
            marks=tried(Kind.CAMERA, "a multi-planar device", "refused: names its formats"),
        ),
        pytest.param(
            0x0480_0000,
            "takes no pictures: probably the camera's second device",
            marks=tried(Kind.CAMERA, "the second device of a camera, for metadata", "refused: names the one before it"),
        ),
        pytest.param(
            0x0100_0001,
            "has no memory-mapped buffers",
            marks=tried(Kind.CAMERA, "a driver that only knows read()", "refused"),
        ),
    ],
)
def test_a_device_of_another_kind_is_refused(device: Device, capabilities: int, words: str) -> None:
    steps, *_ = device.read("MJPG", 1, capabilities=capabilities)
    assert steps[0][1].startswith(words)


@tried(Kind.CAMERA, "no room on the USB bus (ENOSPC)", "refused: a smaller size, MJPG, another port")
def test_a_full_bus_is_named(device: Device) -> None:
    steps, *_ = device.read("MJPG", 1, no_start=28)
    assert steps[0][1] == "has no room on its USB bus at this size and rate; try MJPG, a smaller size, or another port"


@tried(Kind.CAMERA, "changes its signal while it sends", "lost, and opened again with the new size")
def test_a_camera_whose_signal_changes_is_lost(device: Device) -> None:
    steps, waits_s, _ = device.read("MJPG", 4, frames=4, end="changed")
    assert steps[-1] == ["SourceError", "has another signal now: its size or rate has changed"]
    assert max(waits_s) == 0


@tried(Kind.CAMERA, "an error of the driver (EIO)", "lost, and opened again")
def test_an_error_of_the_driver_loses_the_camera(device: Device) -> None:
    steps, *_ = device.read("MJPG", 4, frames=4, end="error")
    assert steps[-1] == ["SourceError", "gives no more pictures: unplugged or stalled"]


@tried(Kind.CAMERA, "stalls", "lost after 2 s, and opened again")
def test_a_camera_that_stalls_is_lost_after_two_seconds(device: Device) -> None:
    steps, waits_s, _ = device.read("MJPG", 4, frames=4)
    assert steps[-1] == ["SourceError", "gives no more pictures: unplugged or stalled"]
    assert max(waits_s) == 2


@tried(Kind.CAMERA, "is unplugged", "lost, and opened again when it is back")
def test_an_unplugged_camera_is_lost(device: Device) -> None:
    steps, *_ = device.read("MJPG", 4, frames=4, end="gone")
    assert steps[-1] == ["SourceError", "gives no more pictures: unplugged or stalled"]


def test_a_bad_jpeg_does_not_repeat_the_picture_before_it(device: Device) -> None:
    steps, *_ = device.read("MJPG", 6, bad=5, hz=50)  # slower than it is read, so that none is left out
    kinds = ["bad" if step[0] == "UndecodableFrame" else "good" for step in steps[1:]]
    assert kinds.count("bad") == 1
    assert kinds[-1] == "good"


@tried(Kind.CAMERA, "MJPG, each picture as two JPEGs of one field", "undecodable pictures: half of the lines")
def test_jpegs_of_one_field_are_bad(device: Device) -> None:
    is_encoded, data = cv2.imencode(".jpg", quarters()[::2])
    assert is_encoded
    device.picture.write_bytes(2 * data.tobytes())
    steps, *_ = device.read("MJPG", 1)
    assert steps[1] == ["UndecodableFrame", "picture 0 has 120 of 240 lines: one field of an interlaced picture"]


@tried(Kind.CAMERA, "MJPG without Huffman tables", "decoded with the usual ones")
def test_jpegs_without_huffman_tables_are_decoded(device: Device) -> None:
    content = device.picture.read_bytes()
    while (start := content.find(b"\xff\xc4")) >= 0:
        content = content[:start] + content[start + 2 + int.from_bytes(content[start + 2 : start + 4], "big") :]
    device.picture.write_bytes(content)
    assert_drawn(device.read("MJPG", 1)[0][1])


@tried(Kind.CAMERA, "a truncated JPEG", "an undecodable picture")
def test_a_truncated_jpeg_is_an_error(device: Device) -> None:
    data = device.picture.read_bytes()
    device.picture.write_bytes(data[: len(data) * 3 // 4])
    steps, *_ = device.read("MJPG", 1)
    assert steps[1] == ["UndecodableFrame", "picture 0 is truncated: a JPEG without its end"]


@tried(Kind.CAMERA, "another program uses it", "refused: says so")
def test_a_camera_that_another_program_uses_is_busy(device: Device) -> None:
    steps, waits_s, _ = device.read("MJPG", 1, busy=1)
    assert steps == [["SourceError", "is busy: another program uses it"]]
    assert waits_s == [0]


def test_a_camera_that_never_sends_a_picture_is_refused(device: Device) -> None:
    steps, waits_s, _ = device.read("MJPG", 1, frames=0)
    assert steps[0][0] == "SourceError"
    assert "try another size, rate or format" in steps[0][1]
    assert waits_s == [2]


def has_age(step: list[Any], age_s: float) -> bool:
    """Whether a frame was that old at some moment while it was read."""
    least_s, most_s = step[3]
    return bool(least_s - STAMP_STEP_S <= age_s <= most_s + STAMP_STEP_S)


def has_advanced(steps: list[Any]) -> list[bool]:
    return [step[4] for step in steps[1:]]


def test_a_frame_has_the_time_stamp_of_the_driver(device: Device) -> None:
    steps, *_ = device.read("MJPG", 4, then_stamp="0.7", hz=20)
    assert has_age(steps[1], 0)
    assert all(has_age(step, 0.7) for step in steps[2:])


def test_a_frame_that_was_captured_long_ago_is_that_old(device: Device) -> None:
    steps, *_ = device.read("MJPG", 3, then_stamp="200")
    assert all(has_age(step, 200) for step in steps[2:])


def test_a_time_stamp_in_the_future_is_the_time_of_the_read(device: Device) -> None:
    steps, *_ = device.read("MJPG", 3, then_stamp="-5")
    assert all(has_age(step, 0) for step in steps[1:])


@tried(Kind.CAMERA, "its driver's time stamps stand still", "frozen; its frames are withheld")
def test_a_time_stamp_that_stands_still_is_no_new_frame(device: Device) -> None:
    steps, *_ = device.read("MJPG", 4, then_stamp="still", hz=20)
    assert has_advanced(steps) == [True, False, False, False]


@tried(Kind.CAMERA, "its driver gives no time stamps", "the time of arrival is used")
def test_a_driver_without_time_stamps_is_read_as_well(device: Device) -> None:
    device.picture.with_suffix(".stamp").write_text("none")
    steps, *_ = device.read("MJPG", 4)
    assert all(has_age(step, 0) for step in steps[1:])
    assert all(has_advanced(steps))


def test_a_jpeg_of_50_megapixels_is_refused_by_its_header(device: Device) -> None:
    is_encoded, data = cv2.imencode(".jpg", np.zeros((6000, 8333, 3), np.uint8))
    assert is_encoded
    device.picture.write_bytes(data.tobytes())
    steps, _, used_s = device.read("MJPG", 2)
    assert steps[1] == ["UndecodableFrame", "picture 0 has 8333×6000 pixels, more than 307200"]
    assert max(used_s[1:]) < 0.2
