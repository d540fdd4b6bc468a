"""The source that ``frames.source`` names."""

import os
from pathlib import Path

import cv2
import pytest

from binarycop.clock import ManualClock
from binarycop.errors import SourceError
from binarycop.frames.camera import CameraSettings
from binarycop.frames.choose import open_recording, open_source
from binarycop.frames.demo import Demo
from binarycop.frames.folder import Folder, FolderSettings
from binarycop.frames.names import is_recording
from tests.frames.fakes import picture
from tests.tried import Kind, tried

CAMERA = CameraSettings(width_px=320, height_px=240, rate_hz=30.0, fourcc="MJPG")


def test_demo_names_the_demo() -> None:
    assert isinstance(open_source("demo", ManualClock(), CAMERA), Demo)


def test_a_folder_uses_its_settings(tmp_path: Path) -> None:
    assert cv2.imwrite(str(tmp_path / "a.png"), picture(9))
    source = open_recording(str(tmp_path), FolderSettings(gap_s=0.0))
    assert isinstance(source, Folder)
    first = source.read()
    assert first is not None
    assert first.pixels[0, 0, 0] == 9


def test_a_file_is_a_clip(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (32, 24))
    writer.write(picture(9))
    writer.release()
    source = open_source(str(path), ManualClock(), CAMERA)
    assert source.name == str(path)
    assert not source.is_live
    assert source.read() is not None


@tried(Kind.CAMERA, "not plugged in", "a fault of its gate at once; tried again")
@pytest.mark.parametrize("spec", ["63", "/dev/video63", "/dev/v4l/by-id/none"])
def test_a_number_or_device_is_a_camera_even_if_it_does_not_exist(spec: str) -> None:
    with pytest.raises(SourceError, match="camera plugged in"):
        open_source(spec, ManualClock(), CAMERA)


@tried(Kind.CAMERA, "source: /dev/zero", "refused: is not a camera")
def test_a_device_is_never_read_as_a_clip() -> None:
    with pytest.raises(SourceError, match="is not a camera"):
        open_source("/dev/zero", ManualClock(), CAMERA)


@pytest.mark.parametrize(
    ("spec", "meant"),
    [
        pytest.param(
            "video2", "/dev/video2",
            marks=tried(Kind.CAMERA, "source: video2", "a fault of its gate: did you mean /dev/video2?"),
        ),
        ("dev/video2", "/dev/video2"),
        ("/video2", "/dev/video2"),
        ("devvideo2", "/dev/video2"),
        ("Video 02", "/dev/video2"),
        ("/Dev/Video2", "/dev/video2"),
        ("v4l/by-id/usb-Maker_Cam", "/dev/v4l/by-id/usb-Maker_Cam"),
        ("dev/binarycop/camera", "/dev/binarycop/camera"),
        ("Demo", "demo"),
        (" demo", "demo"),
    ],
)  # fmt: skip
def test_a_camera_whose_slash_was_forgotten_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str, meant: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match=rf"does not exist; did you mean {meant}\?$"):
        open_source(spec, ManualClock(), CAMERA)


def test_a_folder_with_the_name_of_a_camera_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("video2").mkdir()
    assert cv2.imwrite("video2/a.png", picture(9))
    assert isinstance(open_source("video2", ManualClock(), CAMERA), Folder)


@pytest.mark.parametrize(
    "spec", ["", "http://192.0.2.1/a.avi", "camera", "-1", "²", "٣", "x" * 5000, "no/such.avi", "nul\0.avi"]
)
def test_anything_else_is_refused_with_the_kinds_of_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match="a source is demo, a camera's number or /dev path"):
        open_source(spec, ManualClock(), CAMERA)


@tried(Kind.CAMERA, "source: rtsp://… or http://…", "refused: network cameras are not supported")
@pytest.mark.parametrize("spec", ["rtsp://192.0.2.1/stream", "http://192.0.2.1/a.avi"])
def test_an_address_is_refused_as_a_network_camera(spec: str) -> None:
    with pytest.raises(SourceError, match="is an address, and network cameras are not supported; a source is demo, "):
        open_source(spec, ManualClock(), CAMERA)


def test_an_empty_source_is_shown_in_quotes() -> None:
    with pytest.raises(SourceError, match=r"^source '': is empty; a source is demo, "):
        open_source("", ManualClock(), CAMERA)


@tried(Kind.CLIP, "a pipe", "refused: neither a file nor a folder")
def test_a_pipe_is_neither_a_file_nor_a_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="is neither file nor folder"):
        open_source(str(tmp_path / "pipe"), ManualClock(), CAMERA)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [("demo", True), ("clip.avi", True), ("pictures", True), ("0", False), ("/dev/video0", False)],
)
def test_every_source_except_a_camera_is_a_recording(spec: str, expected: bool) -> None:
    assert is_recording(spec) is expected
