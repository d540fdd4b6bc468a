"""Exposure and gain as a camera's driver reports them. Where no device is available, the answers are faked."""

import errno
import fcntl
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from binarycop.frames.camera_controls import (
    CONTROL,
    EXPOSURE_ABSOLUTE,
    EXPOSURE_AUTO,
    EXPOSURE_AUTO_PRIORITY,
    G_CTRL,
    GAIN,
    QUERY,
    QUERYCTRL,
    CameraControls,
    ControlReader,
)
from tests.patience import PATIENCE_S

COMPILER = shutil.which("cc") or shutil.which("gcc")
DISABLED = 1


@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")
def test_structures_and_numbers_are_those_of_the_kernels_header(tmp_path: Path) -> None:
    (tmp_path / "layout.c").write_text(
        """#include <linux/videodev2.h>
#include <stdio.h>
int main(void) {
    printf("%zu %zu %lu %lu", sizeof(struct v4l2_control), sizeof(struct v4l2_queryctrl),
           (unsigned long)VIDIOC_G_CTRL, (unsigned long)VIDIOC_QUERYCTRL);
    printf(" %u %u %u %u", V4L2_CID_GAIN, V4L2_CID_EXPOSURE_AUTO, V4L2_CID_EXPOSURE_ABSOLUTE,
           V4L2_CID_EXPOSURE_AUTO_PRIORITY);
}
"""
    )
    subprocess.run([str(COMPILER), "-o", tmp_path / "layout", tmp_path / "layout.c"], check=True, timeout=PATIENCE_S)
    output = subprocess.run(
        [tmp_path / "layout"], check=True, capture_output=True, text=True, timeout=PATIENCE_S
    ).stdout
    ours = [CONTROL.size, QUERY.size, G_CTRL, QUERYCTRL, GAIN, EXPOSURE_AUTO, EXPOSURE_ABSOLUTE, EXPOSURE_AUTO_PRIORITY]
    assert [int(word) for word in output.split()] == ours


class FakeCamera:
    """Answers the two requests. values: by control, each with its maximum."""

    def __init__(self, values: Mapping[int, tuple[int, int]], flags: int = 0) -> None:
        self.values, self.flags, self.reason = dict(values), flags, 0
        self.requests: list[int] = []

    def ioctl(self, _: int, request: int, argument: bytearray) -> int:
        self.requests.append(request)
        number = int.from_bytes(argument[:4], "little")
        if self.reason:
            raise OSError(self.reason, "refused")
        if number not in self.values:
            raise OSError(errno.EINVAL, "no such control")
        value, most = self.values[number]
        if request == QUERYCTRL:
            argument[:] = QUERY.pack(number, 1, b"any", 0, most, 1, 0, self.flags, 0, 0)
        else:
            argument[:] = CONTROL.pack(number, value)
        return 0


def reading(monkeypatch: pytest.MonkeyPatch, camera: FakeCamera) -> ControlReader:
    monkeypatch.setattr(fcntl, "ioctl", camera.ioctl)
    return ControlReader(Path("/dev/null"))


AUTOMATIC = {EXPOSURE_AUTO: (3, 3), EXPOSURE_ABSOLUTE: (333, 2047), EXPOSURE_AUTO_PRIORITY: (1, 1), GAIN: (64, 255)}


def test_a_usual_camera_says_all(monkeypatch: pytest.MonkeyPatch) -> None:
    controls = reading(monkeypatch, FakeCamera(AUTOMATIC)).read()
    assert controls == CameraControls(333 * 1e-4, True, True, 64, 255)


@pytest.mark.parametrize(("mode", "is_automatic"), [(0, True), (1, False), (2, False), (3, True)])
def test_the_mode_says_who_chooses_the_time(mode: int, is_automatic: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = FakeCamera(AUTOMATIC | {EXPOSURE_AUTO: (mode, 3)})
    assert reading(monkeypatch, camera).read().is_automatic is is_automatic


def test_what_a_camera_does_not_have_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reading(monkeypatch, FakeCamera({GAIN: (3, 15)})).read() == CameraControls(gain=3, most_gain=15)
    assert reading(monkeypatch, FakeCamera(AUTOMATIC, DISABLED)).read() == CameraControls()


@pytest.mark.parametrize("reason", [errno.ENOTTY, errno.EIO, errno.ENODEV, errno.EACCES])
def test_an_answer_that_fails_is_no_error(reason: int, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = FakeCamera(AUTOMATIC)
    reader = reading(monkeypatch, camera)
    camera.reason = reason
    assert reader.read() == CameraControls()
    camera.reason = 0
    assert reader.read().gain == 64
    reader.close()


def test_without_a_camera_all_is_none_until_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "ioctl", FakeCamera(AUTOMATIC).ioctl)
    reader = ControlReader(tmp_path / "video0")
    assert reader.read() == CameraControls()
    (tmp_path / "video0").write_bytes(b"")
    assert reader.read().gain == 64
    reader.close()
    reader.close()


def test_nothing_is_ever_set(monkeypatch: pytest.MonkeyPatch) -> None:
    camera = FakeCamera(AUTOMATIC)
    reading(monkeypatch, camera).read()
    assert set(camera.requests) == {G_CTRL, QUERYCTRL}
