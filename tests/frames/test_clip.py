"""Video files: time stamps, end, truncation, and what is never passed to OpenCV."""

import math
import os
import socket
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.errors import SourceError
from binarycop.frames.base import Frame
from binarycop.frames.clip import DEFAULT_RATE_HZ, Clip, Timeline, is_truncated

FORMATS = [("MJPG", "clip.avi"), ("mp4v", "clip.mp4"), ("MJPG", "clip.mkv")]


def write(path: Path, fourcc: str, frames: int = 50, rate_hz: float = 20.0) -> Path:
    """Write a clip whose frame n has the grey level 40 + 4n, with noise so that frames need space in the file."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), rate_hz, (160, 120))
    assert writer.isOpened()
    rng = np.random.default_rng(0)
    for number in range(frames):
        writer.write(np.clip(40 + 4 * number + rng.normal(0, 6, (120, 160, 3)), 0, 255).astype(np.uint8))
    writer.release()
    return path


def truncate(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def read_all(clip: Clip) -> list[Frame]:
    frames = []
    while (frame := clip.read()) is not None:
        frames.append(frame)
    return frames


@pytest.mark.parametrize(("fourcc", "name"), FORMATS)
def test_each_frame_comes_once_in_order_with_its_own_time(tmp_path: Path, fourcc: str, name: str) -> None:
    frames = read_all(Clip(write(tmp_path / name, fourcc)))
    assert [frame.number for frame in frames] == list(range(50))
    assert [frame.captured_s for frame in frames] == pytest.approx([number / 20 for number in range(50)])
    means = [float(frame.pixels.mean()) for frame in frames]
    assert means == pytest.approx([40 + 4 * number for number in range(50)], abs=4)
    assert frames[0].pixels.shape == (120, 160, 3)
    assert frames[0].pixels.dtype == np.uint8


@pytest.mark.parametrize(("fourcc", "name"), FORMATS)
def test_the_times_follow_the_frame_rate(tmp_path: Path, fourcc: str, name: str) -> None:
    frames = read_all(Clip(write(tmp_path / name, fourcc, frames=6, rate_hz=8.0)))
    assert [frame.captured_s for frame in frames] == pytest.approx([number / 8 for number in range(6)], abs=1e-3)


def test_each_frame_has_its_own_pixels(tmp_path: Path) -> None:
    clip = Clip(write(tmp_path / "clip.avi", "MJPG", frames=2))
    first, second = clip.read(), clip.read()
    assert first is not None
    assert second is not None
    first.pixels[:] = 0
    assert second.pixels.mean() > 30


def test_a_clip_stays_at_its_end(tmp_path: Path) -> None:
    clip = Clip(write(tmp_path / "clip.avi", "MJPG", frames=3))
    read_all(clip)
    assert clip.read() is None


@pytest.mark.parametrize(("fourcc", "name"), [("MJPG", "clip.avi"), ("MJPG", "clip.mkv")])
@pytest.mark.parametrize("share", [0.85, 0.5])
def test_a_truncated_clip_is_an_error_once(tmp_path: Path, fourcc: str, name: str, share: float) -> None:
    path = write(tmp_path / name, fourcc)
    truncate(path, share)
    clip = Clip(path)
    frames: list[Frame] = []
    with pytest.raises(SourceError) as caught:
        frames.extend(iter(clip.read, None))
    assert 50 * share - 6 <= len(frames) <= 50 * share + 1
    assert caught.value.reason == f"is truncated: {len(frames)} of 50 frames"
    assert clip.read() is None


def test_an_mp4_without_its_index_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", "mp4v")
    truncate(path, 0.9)
    with pytest.raises(SourceError, match="damaged or truncated"):
        Clip(path)


@pytest.mark.parametrize("content", [b"", b"hello " * 100, bytes(5000)])
def test_a_file_that_is_not_a_video_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.avi"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="is not a video that can be read"):
        Clip(path)


def test_only_a_regular_file_is_passed_to_opencv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("OpenCV was called")

    monkeypatch.setattr(cv2, "VideoCapture", never)
    os.mkfifo(tmp_path / "pipe.avi")
    (tmp_path / "folder.avi").mkdir()
    for spec, reason in [
        ("http://192.0.2.1/clip.avi", "does not exist"),
        ("rtsp://192.0.2.1/clip", "does not exist"),
        (str(tmp_path / "img_%03d.avi"), "does not exist"),
        (str(tmp_path / "pipe.avi"), "is not a regular file"),
        (str(tmp_path / "folder.avi"), "is not a regular file"),
        ("/dev/zero", "is not a regular file"),
    ]:
        with pytest.raises(SourceError, match=reason):
            Clip(Path(spec))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n"),
        ("list.avi", "ffconcat version 1.0\nfile http://127.0.0.1:{port}/a.ts\n"),
        (
            "list.mpd",
            '<?xml version="1.0"?><MPD type="static"><Period><AdaptationSet mimeType="video/mp4"><Representation>'
            "<BaseURL>http://127.0.0.1:{port}/a.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>",
        ),
    ],
)
def test_a_playlist_is_not_followed_to_the_network(tmp_path: Path, name: str, content: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        path = tmp_path / name
        path.write_text(content.format(port=server.getsockname()[1]))
        with pytest.raises(SourceError):
            Clip(path)
        with pytest.raises(BlockingIOError):  # nobody has connected
            server.accept()


def test_a_file_named_like_an_image_sequence_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.avi", "MJPG", frames=3).rename(tmp_path / "clip_%03d.avi")
    with pytest.raises(SourceError, match="rename it"):
        Clip(path)


def test_a_file_named_like_an_address_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "clip.mp4", "mp4v", frames=3).rename(tmp_path / "http:clip.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(read_all(Clip(Path("http:clip.mp4")))) == 3


def test_a_picture_is_not_a_clip(tmp_path: Path) -> None:
    path = tmp_path / "img_001.png"
    assert cv2.imwrite(str(path), np.zeros((20, 20, 3), np.uint8))
    with pytest.raises(SourceError, match="give its folder"):
        Clip(path)


def test_a_closed_clip_is_at_its_end(tmp_path: Path) -> None:
    clip = Clip(write(tmp_path / "clip.avi", "MJPG"))
    clip.read()
    clip.close()
    clip.close()
    assert clip.read() is None


class CaptureWithoutMetadata:
    """A capture of three frames whose container has neither rate, count nor time stamps."""

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz, self._remaining = rate_hz, 3

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def get(self, prop: int) -> float:
        return {cv2.CAP_PROP_FPS: self._rate_hz, cv2.CAP_PROP_FRAME_COUNT: -9.2e18}.get(prop, 0.0)

    def grab(self) -> bool:
        self._remaining -= 1
        return self._remaining >= 0

    def retrieve(self) -> tuple[bool, NDArray[np.uint8]]:
        return True, np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, math.nan, math.inf])
def test_a_container_without_metadata_is_read_at_the_default_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate_hz: float
) -> None:
    path = tmp_path / "clip.avi"
    path.write_bytes(b"any content")
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: CaptureWithoutMetadata(rate_hz))
    times_s = [frame.captured_s for frame in read_all(Clip(path))]
    assert times_s == pytest.approx([0.0, 1 / DEFAULT_RATE_HZ, 2 / DEFAULT_RATE_HZ])


def test_times_begin_at_0_and_follow_the_stamps_of_a_varying_rate() -> None:
    timeline = Timeline(0.05)
    assert [timeline.at(stamp_s) for stamp_s in (7.0, 7.1, 7.5, 7.52)] == pytest.approx([0.0, 0.1, 0.5, 0.52])


@pytest.mark.parametrize("bad_s", [0.0, 7.0, -3.0, 4e9, math.nan, math.inf])
def test_a_broken_stamp_counts_as_one_period(bad_s: float) -> None:
    timeline = Timeline(0.05)
    times_s = [timeline.at(stamp_s) for stamp_s in (6.95, 7.0, bad_s, 7.1)]
    assert times_s[2] == pytest.approx(0.1)
    assert times_s[3] > times_s[2]
    assert math.isfinite(times_s[3])


@pytest.mark.parametrize(
    ("frames", "last_s", "stated_frames", "expected"),
    [
        (50, 2.45, 50.0, False),
        (48, 2.35, 50.0, False),  # two frames short: an encoder's delay
        (47, 2.30, 50.0, True),
        (0, 0.0, 50.0, True),
        (990, 49.45, 1000.0, False),  # 1 % short: an estimated count
        (900, 44.95, 1000.0, True),
        (30, 2.45, 50.0, False),  # few frames, but to the end in time: a varying rate
        (50, 1.25, 50.0, False),  # all frames, though in less time
        (50, 2.45, 0.0, False),
        (50, 2.45, -9.2e18, False),
        (50, 2.45, math.nan, False),
        (50, 2.45, math.inf, False),
    ],
)
def test_only_a_clip_well_short_in_frames_and_in_time_is_truncated(
    frames: int, last_s: float, stated_frames: float, expected: bool
) -> None:
    assert is_truncated(frames, last_s, stated_frames, rate_hz=20.0) is expected


class CaptureOfLargeFrames(CaptureWithoutMetadata):
    """A capture whose container states one size, and whose second frame has another."""

    def __init__(self, stated_px: tuple[int, int], second_px: tuple[int, int]) -> None:
        super().__init__(20.0)
        self._stated_px, self._second_px = stated_px, second_px

    def get(self, prop: int) -> float:
        stated = {cv2.CAP_PROP_FRAME_WIDTH: self._stated_px[0], cv2.CAP_PROP_FRAME_HEIGHT: self._stated_px[1]}
        return float(stated.get(prop, super().get(prop)))

    def retrieve(self) -> tuple[bool, NDArray[np.uint8]]:
        width, height = self._stated_px if self._remaining == 2 else self._second_px
        return True, np.zeros((height, width, 3), np.uint8)

    def release(self) -> None:
        self._remaining = 0


def clip_of(path: Path, monkeypatch: pytest.MonkeyPatch, capture: CaptureWithoutMetadata) -> Clip:
    path.write_bytes(b"any content")
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: capture)
    return Clip(path)


def test_a_clip_of_too_many_pixels_is_refused_before_its_first_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = CaptureOfLargeFrames((5000, 4000), (5000, 4000))
    with pytest.raises(SourceError, match="has frames of 5000×4000 pixels, more than 16777216"):
        clip_of(tmp_path / "clip.avi", monkeypatch, capture)


def test_a_frame_larger_than_its_clip_states_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = clip_of(tmp_path / "clip.avi", monkeypatch, CaptureOfLargeFrames((64, 48), (5000, 4000)))
    assert clip.read() is not None
    with pytest.raises(SourceError, match="frame 1 has 5000×4000 pixels, more than 16777216"):
        clip.read()
    assert clip.read() is None


def test_frames_may_change_their_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = clip_of(tmp_path / "clip.avi", monkeypatch, CaptureOfLargeFrames((64, 48), (640, 1)))
    assert [frame.pixels.shape[:2] for frame in read_all(clip)] == [(48, 64), (1, 640), (1, 640)]
