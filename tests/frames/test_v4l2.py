"""What the kernel's answers about a video device mean. Where no device is available, the answers are faked."""

import errno
import fcntl
import os
import struct
from pathlib import Path

import pytest

from binarycop.frames import v4l2

QUERYCAP, REQBUFS = 0x80685600, 0xC0145608


def answer(monkeypatch: pytest.MonkeyPatch, device_caps: int, reqbufs: int = 0) -> list[int]:
    """Fake a V4L2 device with these capabilities, which answers REQBUFS with this errno. Returns the requests."""
    requests: list[int] = []

    def ioctl(_: int, request: int, argument: bytearray) -> int:
        requests.append(request)
        if request == QUERYCAP:
            struct.pack_into("=I", argument, 88, device_caps)
        elif reqbufs:
            raise OSError(reqbufs, os.strerror(reqbufs))
        return 0

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    return requests


def test_a_missing_device_is_named_as_missing(tmp_path: Path) -> None:
    assert v4l2.why_not_opened(tmp_path / "video7") == "there is no such device; is the camera plugged in?"
    assert v4l2.why_no_picture(tmp_path / "video7") == "there is no such device; is the camera plugged in?"


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
def test_each_error_of_the_kernel_has_a_message(monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    reason = v4l2.why_not_opened(Path("/dev/video0"))
    assert reason is not None
    assert words in reason


def test_a_device_that_can_be_opened_has_no_reason() -> None:
    assert v4l2.why_not_opened(Path("/dev/null")) is None


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_another_device_is_not_a_camera(device: str) -> None:
    assert v4l2.why_no_picture(Path(device)) == "is not a camera"


def test_a_plain_file_is_not_a_camera(tmp_path: Path) -> None:
    (tmp_path / "video0").write_bytes(b"")
    assert v4l2.why_no_picture(tmp_path / "video0") == "is not a camera"


def test_a_metadata_device_is_not_a_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = answer(monkeypatch, device_caps=0x00800000)
    assert "takes no pictures" in v4l2.why_no_picture(Path("/dev/null"))
    assert requests == [QUERYCAP]


def test_a_camera_that_another_program_streams_from_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, device_caps=1, reqbufs=errno.EBUSY)
    assert v4l2.why_no_picture(Path("/dev/null")) == "is busy: another program uses it"


@pytest.mark.parametrize("reqbufs", [0, errno.EINVAL])
def test_for_a_free_camera_without_a_picture_other_settings_are_suggested(
    monkeypatch: pytest.MonkeyPatch, reqbufs: int
) -> None:
    answer(monkeypatch, device_caps=1, reqbufs=reqbufs)
    assert "try another size" in v4l2.why_no_picture(Path("/dev/null"))


def test_a_camera_that_is_unplugged_meanwhile_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def ioctl(*_: object) -> int:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    assert "there is no such device" in v4l2.why_no_picture(Path("/dev/null"))


def test_no_file_descriptor_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, device_caps=1, reqbufs=errno.EBUSY)
    descriptors = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        v4l2.why_no_picture(Path("/dev/null"))
        v4l2.why_not_opened(Path("/dev/null"))
    assert len(os.listdir("/proc/self/fd")) == descriptors
