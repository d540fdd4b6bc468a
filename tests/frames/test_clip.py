"""Video files: time stamps, end, truncation, and what is never passed to OpenCV."""

import math
import os
import socket
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame
from binarycop.frames.clip import DEFAULT_RATE_HZ, Clip, is_truncated
from tests.frames.containers import (
    Edit,
    avi_with_sound,
    edit_mp4,
    with_matrix,
    with_pause,
    with_pixel_aspect,
    with_pose,
)
from tests.tried import Kind, tried

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


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param(
            "clip.avi",
            "is truncated: {frames} of 50 frames",
            marks=tried(Kind.CLIP, "AVI without its end", "read to there; is truncated: 42 of 50 frames"),
        ),
        pytest.param(
            "clip.mkv",
            "is truncated after {frames} frames: {bytes} bytes are missing",
            marks=tried(Kind.CLIP, "MKV without its end", "read to there; names how many bytes are missing"),
        ),
    ],
)
@pytest.mark.parametrize("share", [0.85, 0.5])
def test_a_truncated_clip_is_an_error_once(tmp_path: Path, name: str, reason: str, share: float) -> None:
    path = write(tmp_path / name, "MJPG")
    whole_bytes = path.stat().st_size
    truncate(path, share)
    clip = Clip(path)
    frames: list[Frame] = []
    with pytest.raises(SourceError) as caught:
        frames.extend(iter(clip.read, None))
    assert 50 * share - 6 <= len(frames) <= 50 * share + 1
    assert caught.value.reason == reason.format(frames=len(frames), bytes=whole_bytes - path.stat().st_size)
    assert clip.read() is None


@tried(Kind.CLIP, "MP4 whose recording was not ended, without its index", "refused: damaged or truncated")
def test_an_mp4_without_its_index_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", "mp4v")
    truncate(path, 0.9)
    with pytest.raises(SourceError, match="damaged or truncated"):
        Clip(path)


@pytest.mark.parametrize("content", [b"\1", b"hello\0" * 100, b"RIFF" + bytes(5000)])
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

    def set(self, prop: int, value: float) -> bool:
        return True

    def release(self) -> None:
        self._remaining = 0

    def get(self, prop: int) -> float:
        return {cv2.CAP_PROP_FPS: self._rate_hz, cv2.CAP_PROP_FRAME_COUNT: -9.2e18}.get(prop, 0.0)

    def grab(self) -> bool:
        self._remaining -= 1
        return self._remaining >= 0

    def retrieve(self) -> tuple[bool, NDArray[np.uint8]]:
        return True, np.ones((4, 4, 3), np.uint8)


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, math.nan, math.inf])
def test_a_container_without_metadata_is_read_at_the_default_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate_hz: float
) -> None:
    path = tmp_path / "clip.avi"
    path.write_bytes(b"any\0content")
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: CaptureWithoutMetadata(rate_hz))
    times_s = [frame.captured_s for frame in read_all(Clip(path))]
    assert times_s == pytest.approx([0.0, 1 / DEFAULT_RATE_HZ, 2 / DEFAULT_RATE_HZ])


@pytest.mark.parametrize(
    ("frames", "shown_s", "stated_frames", "expected"),
    [
        (50, 2.5, 50.0, False),
        (48, 2.4, 50.0, False),  # two frames short: an encoder's delay
        (47, 2.35, 50.0, True),
        (1, 0.05, 50.0, True),
        (990, 49.5, 1000.0, False),  # 1 % short: an estimated count
        (900, 45.0, 1000.0, True),
        (30, 2.5, 50.0, False),  # few frames, but to the end in time: a varying rate, or an edit list
        (50, 1.25, 50.0, False),  # all frames, though in less time: the last one is shown for long
        (50, 2.5, 0.0, False),
        (50, 2.5, -9.2e18, False),
        (50, 2.5, math.nan, False),
        (50, 2.5, math.inf, False),
    ],
)
def test_only_a_clip_well_short_in_frames_and_in_time_is_truncated(
    frames: int, shown_s: float, stated_frames: float, expected: bool
) -> None:
    assert is_truncated(frames, shown_s, stated_frames, stated_frames / 20.0) is expected


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


def clip_of(path: Path, monkeypatch: pytest.MonkeyPatch, capture: CaptureWithoutMetadata) -> Clip:
    path.write_bytes(b"any\0content")
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


RED, GREEN, BLUE, WHITE = (0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255)


def quarters(path: Path, fourcc: str) -> bytes:
    """A clip of 160×120 with red and green above blue and white."""
    picture = np.zeros((120, 160, 3), np.uint8)
    picture[:60, :80], picture[:60, 80:], picture[60:, :80], picture[60:, 80:] = RED, GREEN, BLUE, WHITE
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), 20.0, (160, 120))
    for _ in range(3):
        writer.write(picture)
    writer.release()
    return path.read_bytes()


def as_seen(path: Path) -> tuple[int, int, str]:
    """Width, height and the colours of the four quarters, in the order in which one reads, of each frame."""
    frames = read_all(Clip(path))
    assert len(frames) == 3
    seen = set()
    for frame in frames:
        height, width = frame.pixels.shape[:2]
        points = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
        is_bright = [tuple(frame.pixels[point] > 128) for point in points]
        names = {(False, False, True): "R", (False, True, False): "G", (True, False, False): "B", (True,) * 3: "W"}
        seen.add((width, height, "".join(names[colour] for colour in is_bright)))
    (result,) = seen
    return result


@pytest.mark.parametrize(
    ("matrix", "seen"),
    [
        pytest.param((0, 1, -1, 0), (120, 160, "BRWG"), marks=tried(Kind.CLIP, "MP4 turned by 90°", "read; upright")),
        pytest.param((-1, 0, 0, -1), (160, 120, "WBGR"), marks=tried(Kind.CLIP, "MP4 turned by 180°", "read; upright")),
        pytest.param((0, -1, 1, 0), (120, 160, "GWRB"), marks=tried(Kind.CLIP, "MP4 turned by 270°", "read; upright")),
        pytest.param((-1, 0, 0, 1), (160, 120, "GRWB"), marks=tried(Kind.CLIP, "mirrored MP4", "read; mirrored back")),
        pytest.param((1, 0, 0, -1), (160, 120, "BWRG"), marks=tried(Kind.CLIP, "MP4 upside down", "read; upright")),
        ((0, 1, 1, 0), (120, 160, "RBGW")),
        ((0, -1, -1, 0), (120, 160, "WGBR")),
        ((1, 0, 0, 1), (160, 120, "RGBW")),
        ((0, 0, 0, 0), (160, 120, "RGBW")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("header", [b"tkhd", b"mvhd"])
def test_an_mp4_is_shown_as_its_matrix_states(
    tmp_path: Path, header: bytes, matrix: tuple[int, int, int, int], seen: tuple[int, int, str]
) -> None:
    """The matrices are those of phones: (0, 1, -1, 0) is a quarter clockwise."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(with_matrix(quarters(path, "mp4v"), *matrix, header=header))
    assert as_seen(path) == seen


@tried(Kind.CLIP, "MP4 turned by the track's and by the movie's matrix", "read; upright")
def test_the_movies_matrix_follows_the_tracks(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    data = with_matrix(quarters(path, "mp4v"), 0, 1, -1, 0)
    path.write_bytes(with_matrix(data, -1, 0, 0, 1, header=b"mvhd"))
    assert as_seen(path) == (120, 160, "RBGW")  # turned clockwise, then mirrored


@tried(Kind.CLIP, "MP4 turned by 30°", "refused: no multiple of 90°")
def test_an_mp4_turned_by_another_angle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(with_matrix(quarters(path, "mp4v"), 0.866, 0.5, -0.5, 0.866))
    with pytest.raises(SourceError, match="turned by an angle that is no multiple of 90°"):
        Clip(path)


@pytest.mark.parametrize(
    ("roll", "yaw", "seen"),
    [
        pytest.param(-90.0, 0.0, (120, 160, "BRWG"), marks=tried(Kind.CLIP, "MKV turned by 90°", "read; upright")),
        (90.0, 0.0, (120, 160, "GWRB")),
        (180.0, 0.0, (160, 120, "WBGR")),
        pytest.param(0.0, 180.0, (160, 120, "GRWB"), marks=tried(Kind.CLIP, "mirrored MKV", "read; mirrored back")),
        (90.0, 180.0, (120, 160, "RBGW")),
        (0.0, 0.0, (160, 120, "RGBW")),
    ],
)  # fmt: skip
def test_a_matroska_file_is_shown_as_its_pose_states(
    tmp_path: Path, roll: float, yaw: float, seen: tuple[int, int, str]
) -> None:
    """A roll is counter-clockwise; half a turn of the yaw, before it, shows the picture from behind."""
    path = tmp_path / "clip.mkv"
    path.write_bytes(with_pose(quarters(path, "MJPG"), roll, yaw))
    assert as_seen(path) == seen


@pytest.mark.parametrize(
    ("edit", "seen"),
    [
        pytest.param(
            lambda data: with_pixel_aspect(data, 2, 1),
            (320, 120, "RGBW"),
            marks=tried(Kind.CLIP, "MP4 with pixels twice as wide as high", "read; stretched"),
        ),
        (lambda data: with_pixel_aspect(data, 1, 2), (160, 240, "RGBW")),
        (lambda data: with_pixel_aspect(data, 1001, 1000), (160, 120, "RGBW")),
        (lambda data: with_matrix(with_pixel_aspect(data, 2, 1), 0, 1, -1, 0), (120, 320, "BRWG")),
    ],
)
def test_pixels_that_are_not_square_are_stretched(tmp_path: Path, edit: Edit, seen: tuple[int, int, str]) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(edit(quarters(path, "mp4v")))
    assert as_seen(path) == seen


@tried(Kind.CLIP, "MP4 with pixels 20 times as wide as high", "refused, with the shape")
def test_a_shape_of_pixels_that_cannot_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(with_pixel_aspect(quarters(path, "mp4v"), 20, 1))
    with pytest.raises(SourceError, match="its pixels are 20 times wider than high"):
        Clip(path)


@tried(Kind.CLIP, "MP4 with a pause of 40 s", "read; its time goes on by 40 s, and it is not called truncated")
def test_a_pause_is_time_of_the_recording(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", "mp4v")
    path.write_bytes(with_pause(path.read_bytes(), 24, 40.0))
    times_s = [frame.captured_s for frame in read_all(Clip(path))]
    assert times_s == pytest.approx([number / 20 + 40 * (number > 24) for number in range(50)])


@pytest.mark.parametrize(("fourcc", "name"), [("MJPG", "clip.avi"), ("mp4v", "clip.mp4")])
@tried(Kind.CLIP, "two files written one behind the other, MP4 or AVI", "refused: only the first would be read")
def test_two_files_in_one_are_refused(tmp_path: Path, fourcc: str, name: str) -> None:
    path = write(tmp_path / name, fourcc, frames=3)
    path.write_bytes(2 * path.read_bytes())
    with pytest.raises(SourceError, match="several clips in one file"):
        Clip(path)


@pytest.mark.parametrize(
    "sounds_after",
    [
        pytest.param({0: 5000}, marks=tried(Kind.CLIP, "sound goes on in a pause of the pictures", "every frame read")),
        pytest.param(
            {47: 20000}, marks=tried(Kind.CLIP, "sound goes on long before the last pictures", "every frame read")
        ),
        pytest.param({49: 20000}, marks=tried(Kind.CLIP, "sound is longer than the pictures", "every frame read")),
    ],
)
def test_sound_between_and_behind_the_pictures_loses_none(tmp_path: Path, sounds_after: dict[int, int]) -> None:
    path = tmp_path / "clip.avi"
    pictures = [np.full((24, 32, 3), 5 * number, np.uint8) for number in range(50)]
    path.write_bytes(avi_with_sound(pictures, sounds_after))
    frames = read_all(Clip(path))
    assert [round(float(frame.pixels.mean()) / 5) for frame in frames] == list(range(50))
    assert [frame.captured_s for frame in frames] == pytest.approx([number / 20 for number in range(50)])


@pytest.mark.parametrize("name", ["clip.avi", "clip.mkv"])
@tried(Kind.CLIP, "a clip without a picture", "refused: has no picture that can be read")
def test_a_clip_without_a_picture_is_refused(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, "MJPG")
    data = path.read_bytes()
    first = data.index(b"\xff\xd8\xff")
    path.write_bytes(data[:first])
    with pytest.raises(SourceError, match="no picture"):
        Clip(path)


@tried(Kind.CLIP, "MP4 with only sound", "refused: has only sound")
def test_an_mp4_of_only_sound_is_refused(tmp_path: Path) -> None:
    def of_sound(content: bytes) -> bytes:
        return content.replace(b"vide", b"soun", 1)

    path = write(tmp_path / "clip.mp4", "mp4v", frames=3)
    path.write_bytes(edit_mp4(path.read_bytes(), (b"moov", b"trak", b"mdia", b"hdlr"), of_sound))
    with pytest.raises(SourceError, match="has only sound"):
        Clip(path)


@tried(Kind.CLIP, "a clip of one frame", "read")
def test_a_clip_of_one_frame_is_read(tmp_path: Path) -> None:
    (frame,) = read_all(Clip(write(tmp_path / "clip.mp4", "mp4v", frames=1)))
    assert frame.captured_s == 0.0


@tried(Kind.CLIP, "MP4 whose edit list leaves out its end", "read; it is not called truncated")
def test_an_edit_list_that_leaves_out_the_end_is_no_truncation(tmp_path: Path) -> None:
    def shorter(content: bytes) -> bytes:
        return content[:8] + struct.pack(">I", struct.unpack_from(">I", content, 8)[0] // 2) + content[12:]

    path = write(tmp_path / "clip.mp4", "mp4v")
    path.write_bytes(edit_mp4(path.read_bytes(), (b"moov", b"trak", b"edts", b"elst"), shorter))
    assert 24 <= len(read_all(Clip(path))) <= 28


class CaptureOfStamps(CaptureWithoutMetadata):
    """A capture whose container has these time stamps, and states a duration of its own."""

    def __init__(self, stamps_s: list[float], stated_frames: float) -> None:
        super().__init__(25.0)
        self._stamps_s, self._stated_frames, self._remaining = stamps_s, stated_frames, len(stamps_s)

    def get(self, prop: int) -> float:
        if prop == cv2.CAP_PROP_POS_MSEC:
            return 1000 * self._stamps_s[len(self._stamps_s) - self._remaining - 1]
        return self._stated_frames if prop == cv2.CAP_PROP_FRAME_COUNT else super().get(prop)


@pytest.mark.parametrize(
    "start_s",
    [
        pytest.param(36_000.0, marks=tried(Kind.CLIP, "stamps that start at 10 h", "read; counted from the first")),
        pytest.param(1.7e9, marks=tried(Kind.CLIP, "stamps that start at the epoch", "read; counted from the first")),
    ],
)  # fmt: skip
def test_stamps_may_start_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start_s: float) -> None:
    stamps_s = [start_s + number / 25 for number in range(288)]
    capture = CaptureOfStamps(stamps_s, stated_frames=25 * start_s + 288)
    frames = read_all(clip_of(tmp_path / "clip.mkv", monkeypatch, capture))
    assert [frame.captured_s for frame in frames] == pytest.approx([number / 25 for number in range(288)], abs=1e-5)


class CaptureOfBlackFrames(CaptureWithoutMetadata):
    """What OpenCV since 4.13 makes of an interlaced clip; the last frame is as it should be."""

    def __init__(self) -> None:
        super().__init__(25.0)
        self._remaining = 60

    def retrieve(self) -> tuple[bool, NDArray[np.uint8]]:
        return True, np.full((64, 64, 3), 90 if self._remaining == 0 else 0, np.uint8)


@tried(Kind.CLIP, "interlaced, with an OpenCV that gives black frames for it", "said once, with the remedy")
def test_a_clip_that_begins_with_black_frames_only_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = clip_of(tmp_path / "clip.mts", monkeypatch, CaptureOfBlackFrames())
    assert all(clip.read() for _ in range(24))
    with pytest.raises(UndecodableFrame, match="the first 25 frames are black; if the clip is interlaced, convert it"):
        clip.read()
    assert [frame.number for frame in read_all(clip)] == list(range(25, 60))
