"""What containers say, from headers made by hand and from damaged ones."""

import os
import struct
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop.errors import SourceError
from binarycop.frames.clip import Clip
from binarycop.frames.clip_header import ClipHeader
from binarycop.frames.container import read_header
from binarycop.frames.orientation import Orientation
from tests.frames.containers import (
    VIDEO,
    VIDEO_TRACK,
    edit_matroska,
    edit_mp4,
    element,
    with_long_times,
    with_matrix,
    with_pose,
)
from tests.tried import Kind, tried

CUT_ELEMENT = 0x54BB  # PixelCropTop
LIVE = b"\x18\x53\x80\x67\x01" + 7 * b"\xff"  # a segment of unknown size


def clip(path: Path, fourcc: str) -> bytes:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), 20.0, (32, 24))
    for value in range(10):
        writer.write(np.full((24, 32, 3), 20 * value, np.uint8))
    writer.release()
    return path.read_bytes()


def said(path: Path, data: bytes) -> ClipHeader:
    path.write_bytes(data)
    return read_header(path)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov"])
def test_an_mp4_says_how_long_its_pictures_last(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert said(path, clip(path, "mp4v")).picture_s == pytest.approx(0.5)


@tried(Kind.CLIP, "MP4 whose pictures begin after its sound", "read; not called truncated")
def test_the_time_before_the_first_picture_does_not_count(tmp_path: Path) -> None:
    def delay(content: bytes) -> bytes:
        wait = struct.pack(">IiI", 5000, -1, 1 << 16)
        return content[:4] + struct.pack(">I", 2) + wait + content[8:]

    path = tmp_path / "clip.mp4"
    data = edit_mp4(clip(path, "mp4v"), (*VIDEO_TRACK, b"edts", b"elst"), delay)
    assert said(path, data).picture_s == pytest.approx(0.5)
    assert len(list(iter(Clip(path).read, None))) == 10


@tried(Kind.CLIP, "MP4 whose headers have times of eight bytes", "read; upright")
def test_headers_with_long_times_say_the_same(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    data = with_matrix(with_matrix(clip(path, "mp4v"), 0, 1, -1, 0), -1, 0, 0, 1, header=b"mvhd")
    assert said(path, data).orientation is Orientation.TRANSPOSE
    assert said(path, with_long_times(data)) == said(path, data)
    assert len(list(iter(Clip(path).read, None))) == 10


@tried(Kind.CLIP, "MKV whose pictures are seen from the side", "refused: it is not tilted")
def test_a_matroska_that_states_a_tilt_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    path.write_bytes(with_pose(clip(path, "MJPG"), 0.0, yaw=90.0))
    with pytest.raises(SourceError, match=r"are tilted \(yaw 90°, pitch 0°\), which is not done"):
        Clip(path)


def test_an_avi_says_how_long_its_pictures_last(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    assert said(path, clip(path, "MJPG")).picture_s == pytest.approx(0.5)


@tried(Kind.CLIP, "fragmented MP4 whose last fragment is cut", "read to there; names how many bytes are missing")
def test_a_fragmented_mp4_says_only_how_many_bytes_it_has(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    data = clip(path, "mp4v")
    start = data.index(b"moov") - 4
    movie, media = data[start:], data[:start]
    movie = struct.pack(">I", len(movie) + 8) + movie[4:] + struct.pack(">I4s", 8, b"mvex")
    fragment = struct.pack(">I4s", 100, b"mdat") + bytes(60)
    assert said(path, media + movie + fragment) == ClipHeader(missing_bytes=32)


def test_a_live_matroska_promises_no_length(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    data = with_pose(clip(path, "MJPG"), -90.0)
    start = data.index(b"\x18\x53\x80\x67")
    assert said(path, data[:start] + LIVE + data[start + 12 : -100]) == ClipHeader(Orientation.TURN_90)
    assert said(path, data[:-100]) == ClipHeader(Orientation.TURN_90, missing_bytes=100)


@tried(Kind.CLIP, "MKV that states a crop", "refused: it is not cropped")
def test_a_matroska_that_states_a_crop_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    path.write_bytes(edit_matroska(clip(path, "MJPG"), VIDEO, lambda content: content + element(CUT_ELEMENT, b"\x08")))
    with pytest.raises(SourceError, match="states that its pictures are to be cropped"):
        Clip(path)


@tried(Kind.CLIP, "MKV of a panorama (360°)", "read as it is stored")
def test_the_pose_of_a_panorama_is_not_that_of_the_picture(tmp_path: Path) -> None:
    def panorama(content: bytes) -> bytes:
        return content + element(0x7670, element(0x7671, b"\x01") + element(0x7675, struct.pack(">f", 33.0)))

    path = tmp_path / "clip.mkv"
    assert said(path, edit_matroska(clip(path, "MJPG"), VIDEO, panorama)) == ClipHeader()


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_damaged_headers_say_nothing_and_raise_nothing_else(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    data = with_matrix(clip(path, "mp4v"), 0, 1, -1, 0) if name == "clip.mp4" else with_pose(clip(path, "MJPG"), 90)
    rng = np.random.default_rng(1)
    start = data.index(b"moov") if name == "clip.mp4" else 0
    results = []
    for _ in range(400):
        damaged = bytearray(data)
        for offset in rng.integers(start, min(start + 700, len(data)), 3):
            damaged[offset] = rng.choice([0, 1, 0x7F, 0x80, 0xFF])
        with suppress(ValueError):  # the reason why it is refused
            results.append(said(path, bytes(damaged[: rng.integers(1, len(data))])))
    assert len(results) > 100
    assert all(result.missing_bytes >= 0 for result in results)


@pytest.mark.parametrize("held_bytes", [8, 12, 15])
def test_a_header_that_leaves_its_parent_says_nothing(tmp_path: Path, held_bytes: int) -> None:
    """A box with a long size has 16 bytes before its content; here its parent ends within them."""
    header = struct.pack(">I4sQ", 1, b"mvhd", 32)[:held_bytes]
    movie = struct.pack(">I4s", 8 + len(header), b"moov") + header
    rest = struct.pack(">Q", 32)[held_bytes - 8 :] + bytes(1000)
    assert said(tmp_path / "clip.mp4", movie + rest) == ClipHeader()


@tried(Kind.CLIP, "playlist (HLS, concat) with the name of a clip", "refused: it is a list of clips")
@pytest.mark.parametrize("text", ["#EXTM3U\n#EXTINF:1,\npart.ts\n", "ffconcat version 1.0\nfile part.ts\n"])
def test_a_list_of_other_files_is_refused(tmp_path: Path, text: str) -> None:
    """OpenCV would open them whatever they are, and wait for ever for a pipe."""
    os.mkfifo(tmp_path / "part.ts")
    path = tmp_path / "clip.mp4"
    path.write_text(text, encoding="ascii")
    with pytest.raises(SourceError, match="is a list of clips, not a clip"):
        Clip(path)


@tried(Kind.CLIP, "a text with the ending .txt or .mp4, a pointer of Git LFS, an empty file", "refused: named")
@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("readme.txt", "A gate’s notes.\n" * 400, "is a text"),
        ("clip.mp4", "A gate’s notes.\n", "is a text"),
        ("clip.mp4", "version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
        ("clip.mp4", "", "is empty"),
        ("clip.mp4", "\0" * 5000, "is filled with zeros"),
    ],
)
def test_what_is_no_clip_is_called_by_its_name(tmp_path: Path, name: str, content: str, kind: str) -> None:
    """OpenCV shows a .txt as white letters on black."""
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=kind):
        Clip(path)
