"""The kernel's structures and answers of a video device. Where no device is available, the answers are faked."""

import errno
import fcntl
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from binarycop.errors import SourceError
from binarycop.frames import v4l2
from tests.patience import PATIENCE_S

COMPILER = shutil.which("cc") or shutil.which("gcc")
# The sizes and offsets on a 64-bit kernel and on armv7, and two ioctl numbers of each as strace shows them.
STRUCTURES = ("capability", "fmtdesc", "format", "streamparm", "requestbuffers", "buffer", "event_subscription")
SIZES = {"64": (104, 64, 208, 204, 20, 88, 32), "32": (104, 64, 204, 204, 20, 68, 32)}
QBUF, S_FMT = {"64": 0xC058560F, "32": 0xC044560F}, {"64": 0xC0D05605, "32": 0xC0CC5605}
OURS = (v4l2.CAPABILITY, v4l2.DESCRIPTION, v4l2.FORMAT, v4l2.PARAMETERS, v4l2.REQUEST, v4l2.BUFFER, v4l2.SUBSCRIPTION)
# For each structure one field in the middle and the last one that is read: its offset is that of the part before it.
OFFSETS = """
offsetof(struct v4l2_capability, device_caps), offsetof(struct v4l2_fmtdesc, pixelformat),
offsetof(struct v4l2_format, fmt.pix.width), offsetof(struct v4l2_format, fmt.pix.quantization),
offsetof(struct v4l2_streamparm, parm.capture.timeperframe), offsetof(struct v4l2_requestbuffers, memory),
offsetof(struct v4l2_buffer, timestamp), offsetof(struct v4l2_buffer, sequence), offsetof(struct v4l2_buffer, m),
offsetof(struct v4l2_buffer, length)
"""
PARTS = ("@16s32s32s2I", "@3I32s", "@I0L", "@I0L10I", "@3I", "@2I", "@5I0l", "@5I2l16x", "@5I2l16x2I0L", "@5I2l16x2IL")
NUMBERS = ("QUERYCAP", "ENUM_FMT", "S_FMT", "REQBUFS", "QUERYBUF", "QBUF", "DQBUF", "STREAMON", "STREAMOFF", "S_PARM",
           "SUBSCRIBE_EVENT")  # fmt: skip


def test_the_structures_have_the_sizes_of_this_kernel() -> None:
    bits = str(8 * struct.calcsize("P"))
    assert tuple(form.size for form in OURS) == SIZES[bits]
    assert (QBUF[bits], S_FMT[bits]) == (v4l2.QBUF, v4l2.S_FMT)


def test_they_have_the_sizes_of_armv7_where_a_long_has_four_bytes() -> None:
    narrow = [struct.calcsize(form.format.replace("l", "i").replace("L", "I")) for form in OURS]
    assert tuple(narrow) == SIZES["32"]


@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")
def test_sizes_offsets_and_numbers_are_those_of_the_kernels_header(tmp_path: Path) -> None:
    sizes = ", ".join(f"sizeof(struct v4l2_{name})" for name in STRUCTURES)
    numbers = ", ".join(f"VIDIOC_{name}" for name in NUMBERS)
    (tmp_path / "layout.c").write_text(
        f"""#include <linux/videodev2.h>
#include <stddef.h>
#include <stdio.h>
int main(void) {{
    const unsigned long values[] = {{{sizes}, {OFFSETS}, {numbers}}};
    for (size_t index = 0; index < sizeof values / sizeof *values; index++) printf("%lu ", values[index]);
}}
"""
    )
    subprocess.run([str(COMPILER), "-o", tmp_path / "layout", tmp_path / "layout.c"], check=True, timeout=PATIENCE_S)
    output = subprocess.run(
        [tmp_path / "layout"], check=True, capture_output=True, text=True, timeout=PATIENCE_S
    ).stdout
    ours = [form.size for form in OURS] + [struct.calcsize(part) for part in PARTS]
    assert [int(word) for word in output.split()] == ours + [getattr(v4l2, name) for name in NUMBERS]


def opened(path: str | Path = "/dev/null") -> v4l2.CaptureDevice:
    return v4l2.CaptureDevice("0", Path(path))


def answer(monkeypatch: pytest.MonkeyPatch, reply: Callable[[int, bytearray], None]) -> list[int]:
    """Fake a V4L2 device. Returns the requests."""
    requests: list[int] = []

    def ioctl(_: int, request: int, argument: bytearray) -> int:
        requests.append(request)
        reply(request, argument)
        return 0

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    return requests


def capable(of: int) -> Callable[[int, bytearray], None]:
    def reply(request: int, argument: bytearray) -> None:
        if request == v4l2.QUERYCAP:
            struct.pack_into("=2I", argument, 84, 0x8000_0000, of)

    return reply


def test_a_missing_device_is_named_as_missing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"source 0: there is no such device; is the camera plugged in\?"):
        opened(tmp_path / "video7")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "group video"),
        (errno.EPERM, "group video"),
        (errno.EBUSY, "another program uses it"),
        (errno.ENODEV, "plugged in"),
        (errno.EISDIR, "cannot be opened: Is a directory"),
    ],
)
def test_each_error_of_opening_has_a_message(monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(SourceError, match=words):
        opened()


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_another_device_is_not_a_camera(device: str) -> None:
    with pytest.raises(SourceError, match="is not a camera"):
        opened(device)


def test_a_plain_file_is_not_a_camera(tmp_path: Path) -> None:
    (tmp_path / "video0").write_bytes(b"")
    with pytest.raises(SourceError, match="is not a camera"):
        opened(tmp_path / "video0")


@pytest.mark.parametrize(
    ("capabilities", "words"),
    [
        (0x0080_0000, "takes no pictures: probably the camera's second device, for metadata"),
        (0x0400_1000, "offers pictures in separate planes only"),
        (0x0100_0001, "has no memory-mapped buffers"),
    ],
)
def test_a_device_that_is_no_usual_camera_is_refused(
    monkeypatch: pytest.MonkeyPatch, capabilities: int, words: str
) -> None:
    def reply(request: int, argument: bytearray) -> None:
        capable(capabilities)(request, argument)
        if request == v4l2.ENUM_FMT:
            raise OSError(errno.EINVAL, "the list's end")

    answer(monkeypatch, reply)
    with pytest.raises(SourceError, match=words):
        opened()


def test_a_list_of_formats_that_never_ends_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, capable(0x0400_0001))
    device = opened()
    assert len(device.formats()) == 64
    device.close()


@pytest.mark.parametrize(
    ("refused", "number", "words"),
    [
        (v4l2.S_FMT, errno.EBUSY, "is busy: another program uses it"),
        (v4l2.S_FMT, errno.EINVAL, "cannot be set to this format: Invalid argument"),
        (v4l2.REQBUFS, errno.EBUSY, "is busy: another program uses it"),
        (v4l2.STREAMON, errno.ENOSPC, "no room on its USB bus"),
        (v4l2.STREAMON, errno.EPIPE, "media-ctl"),
        (v4l2.STREAMON, errno.EPROTO, "cannot start: Protocol error"),
        (v4l2.DQBUF, errno.EIO, "gives no more pictures: unplugged or stalled"),
        (v4l2.DQBUF, errno.ENODEV, "gives no more pictures: unplugged or stalled"),
    ],
)
def test_each_refusal_of_the_kernel_has_its_words(
    monkeypatch: pytest.MonkeyPatch, refused: int, number: int, words: str
) -> None:
    def reply(request: int, argument: bytearray) -> None:
        capable(0x0400_0001)(request, argument)
        if request == refused:
            raise OSError(number, os.strerror(number))
        if request == v4l2.REQBUFS:
            struct.pack_into("=I", argument, 0, 0)  # no buffers, since /dev/null cannot be mapped

    answer(monkeypatch, reply)
    device = opened()
    with pytest.raises(SourceError, match=words):
        _stream(device)
    device.close()


def _stream(device: v4l2.CaptureDevice) -> None:
    device.set_format("YUYV", 320, 240)
    device.start()
    device.dequeue(0)


def test_a_camera_that_cannot_set_its_rate_is_used_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def reply(request: int, argument: bytearray) -> None:
        capable(0x0400_0001)(request, argument)
        if request == v4l2.S_PARM:
            raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))

    answer(monkeypatch, reply)
    device = opened()
    assert device.set_rate(30.0) is None
    device.close()


@pytest.mark.parametrize(("priv", "encoding"), [(0xFEEDCAFE, 2), (0, 0)])
def test_the_colours_of_an_old_driver_are_not_read(monkeypatch: pytest.MonkeyPatch, priv: int, encoding: int) -> None:
    def reply(request: int, argument: bytearray) -> None:
        capable(0x0400_0001)(request, argument)
        if request == v4l2.S_FMT:
            values = list(v4l2.FORMAT.unpack(argument))
            values[8], values[10], values[11] = priv, 2, 2
            argument[:] = v4l2.FORMAT.pack(*values)

    answer(monkeypatch, reply)
    device = opened()
    given = device.set_format("YUYV", 320, 240)
    assert given == v4l2.DriverFormat("YUYV", 320, 240, 0, 1, 0, encoding, encoding)
    device.close()


def test_no_file_descriptor_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    descriptors = len(os.listdir("/proc/self/fd"))
    for capabilities in (0, 0x0400_0001):
        answer(monkeypatch, capable(capabilities))
        for _ in range(20):
            try:
                device = opened()
            except SourceError:
                continue
            device.close()
            device.close()
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_a_terminal_that_is_taken_for_a_camera_does_not_become_the_daemons_own() -> None:
    """A service has none; the first terminal that it opens would become its own, and its hangup a signal to reload."""
    code = """
import os
from pathlib import Path
from binarycop.frames.v4l2 import CaptureDevice
_, terminal = os.openpty()
path = Path(os.ttyname(terminal))
os.close(terminal)
try:
    CaptureDevice("terminal", path)
except OSError as error:
    print(error)
try:
    os.open("/dev/tty", os.O_RDWR)
except OSError as error:
    print(error.strerror)
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        start_new_session=True,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert run.stdout.splitlines() == ["source terminal: is not a camera", "No such device or address"]
