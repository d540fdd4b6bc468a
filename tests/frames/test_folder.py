"""A folder of pictures as a recording of people who come one after another."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame
from binarycop.frames.folder import EMPTY_GREY, Folder, FolderSettings
from tests.frames.fakes import picture
from tests.tried import Kind, tried

SHORT = FolderSettings(hold_s=0.3, gap_s=0.2, rate_hz=10.0)


def write(path: Path, value: int) -> None:
    assert cv2.imwrite(str(path), picture(value))


def read_all(folder: Folder) -> list[Frame]:
    frames = []
    while (frame := folder.read()) is not None:
        frames.append(frame)
    return frames


def greys(frames: list[Frame]) -> list[int]:
    assert all((frame.pixels == frame.pixels[0, 0, 0]).all() for frame in frames)
    return [int(frame.pixels[0, 0, 0]) for frame in frames]


def test_pictures_come_in_the_order_of_their_names_each_after_an_empty_gap(tmp_path: Path) -> None:
    write(tmp_path / "b.png", 20)
    write(tmp_path / "a.png", 10)
    frames = read_all(Folder(tmp_path, SHORT))
    assert greys(frames) == [EMPTY_GREY] * 2 + [10] * 3 + [EMPTY_GREY] * 2 + [20] * 3


def test_times_and_numbers_continue_at_the_frame_rate(tmp_path: Path) -> None:
    write(tmp_path / "a.png", 10)
    write(tmp_path / "b.png", 20)
    frames = read_all(Folder(tmp_path, SHORT))
    assert [frame.number for frame in frames] == list(range(10))
    assert [frame.captured_s for frame in frames] == pytest.approx([number / 10 for number in range(10)])


def test_by_default_each_picture_is_shown_for_1_s_after_a_gap_of_0_8_s(tmp_path: Path) -> None:
    write(tmp_path / "a.png", 10)
    assert greys(read_all(Folder(tmp_path))) == [EMPTY_GREY] * 8 + [10] * 10


def test_a_time_shorter_than_a_frame_still_shows_the_picture(tmp_path: Path) -> None:
    write(tmp_path / "a.png", 10)
    assert greys(read_all(Folder(tmp_path, FolderSettings(hold_s=0.01, gap_s=0.0)))) == [10]


def test_the_gap_has_the_size_of_the_next_picture(tmp_path: Path) -> None:
    write(tmp_path / "a.png", 10)
    assert cv2.imwrite(str(tmp_path / "b.png"), np.zeros((50, 70, 3), np.uint8))
    shapes = [frame.pixels.shape for frame in read_all(Folder(tmp_path, SHORT))]
    assert shapes == [(24, 32, 3)] * 5 + [(50, 70, 3)] * 5


def test_a_picture_that_cannot_be_decoded_is_named_and_skipped(tmp_path: Path) -> None:
    write(tmp_path / "a.png", 10)
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8 nothing")
    write(tmp_path / "c.png", 30)
    folder = Folder(tmp_path, SHORT)
    first = [folder.read() for _ in range(5)]
    assert None not in first
    with pytest.raises(UndecodableFrame, match=r"b\.jpg"):
        folder.read()
    rest = read_all(folder)
    assert greys(rest) == [EMPTY_GREY] * 2 + [30] * 3
    assert rest[0].number == 5


@tried(Kind.FOLDER, "emptied while it is shown", "cut short, a fault of its gate")
def test_a_folder_that_is_emptied_does_not_play_to_its_end(tmp_path: Path) -> None:
    write(tmp_path / "a.png", 10)
    write(tmp_path / "b.png", 20)
    folder = Folder(tmp_path, SHORT)
    assert greys([frame for frame in (folder.read() for _ in range(5)) if frame]) == [EMPTY_GREY] * 2 + [10] * 3
    (tmp_path / "b.png").unlink()
    with pytest.raises(SourceError, match=r"b\.png is gone") as raised:
        folder.read()
    assert not isinstance(raised.value, UndecodableFrame)


def test_other_files_and_subfolders_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "deeper").mkdir()
    write(tmp_path / "deeper" / "x.png", 99)
    write(tmp_path / "A.PNG", 10)
    assert set(greys(read_all(Folder(tmp_path, SHORT)))) == {EMPTY_GREY, 10}


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(SourceError, match="has no picture"):
        Folder(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be listed: No such file"):
        Folder(tmp_path / "missing")


def test_a_closed_folder_is_at_its_end(tmp_path: Path) -> None:
    write(tmp_path / "a.png", 10)
    write(tmp_path / "b.png", 20)
    folder = Folder(tmp_path, SHORT)
    folder.read()
    folder.close()
    folder.close()
    assert folder.read() is None


@tried(Kind.FOLDER, "a source with .heic, .gif and ._a.png beside the pictures", "each unread picture is an event")
def test_a_picture_of_a_format_that_is_not_read_is_named_and_a_systems_file_is_not(tmp_path: Path) -> None:
    write(tmp_path / "a.png", 10)
    for name in ("b.heic", "c.GIF", "._a.png", ".hidden.jpg", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"any")
    folder = Folder(tmp_path, SHORT)
    assert greys([frame for frame in (folder.read() for _ in range(5)) if frame]) == [EMPTY_GREY] * 2 + [10] * 3
    for name in ("b.heic", "c.GIF"):
        with pytest.raises(UndecodableFrame, match=f"{name} is not a JPEG"):
            folder.read()
    assert folder.read() is None


@tried(Kind.FOLDER, "a source whose pictures are in subfolders", "refused: names what it has")
def test_a_folder_without_pictures_is_refused_with_what_it_has(tmp_path: Path) -> None:
    for name in ("one", "two", "three", "four"):
        (tmp_path / name).mkdir()
    with pytest.raises(SourceError, match=r"has no picture \(\.jpg, .*\); it has four, one, three$"):
        Folder(tmp_path)
