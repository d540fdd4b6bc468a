"""What a clip's container says about its picture, and OpenCV does not tell, or not in each of its versions."""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from binarycop.file_kind import HEAD_BYTES, file_kind
from binarycop.frames import matroska, mp4
from binarycop.frames.mp4 import SEVERAL_CLIPS
from binarycop.frames.orientation import Orientation

_LISTS = (b"#EXTM3U", b"ffconcat version")  # HLS, and FFmpeg's concat


@dataclass(frozen=True)
class Container:
    """What the container says.

    orientation: how its pictures have to be turned or mirrored. picture_s: for how many seconds it says that it has
    pictures, None if it does not say so of the pictures alone. missing_bytes: by how much it is longer than its file.
    """

    orientation: Orientation = Orientation.UPRIGHT
    picture_s: float | None = None
    missing_bytes: int = 0


def read_container(path: Path) -> Container:
    """Read the headers of an MP4, QuickTime, Matroska or AVI file; other formats say nothing about these things.

    Raises ValueError, with the reason, if its pictures cannot be shown as it says, it holds a second clip, or it is no
    clip: a list of other files, which OpenCV would open whatever they are, or a text, which it would draw. Headers that
    make no sense say nothing: whether the file can be read is OpenCV's to decide. Raises OSError.
    """
    with path.open("rb") as file:
        file_bytes = os.fstat(file.fileno()).st_size
        start = file.read(HEAD_BYTES)
        try:
            return _read(file, file_bytes, start)
        except (struct.error, IndexError):
            return Container()


def _read(file: BinaryIO, file_bytes: int, start: bytes) -> Container:
    if start.startswith(_LISTS):
        raise ValueError("is a list of clips, not a clip")
    if kind := file_kind(start):
        raise ValueError(f"is {kind}")
    if start[4:8] in mp4.FIRST_BOXES:
        movie = mp4.read_movie(file, file_bytes)
        return Container(movie.orientation, movie.picture_s, movie.missing_bytes)
    if start[:4] == matroska.MAGIC:
        segment = matroska.read_segment(file, file_bytes)
        return Container(segment.orientation, None, segment.missing_bytes)
    if start[:4] == b"RIFF" and start[24:28] == b"avih":
        riff_bytes, frame_us, frames = (int.from_bytes(start[offset : offset + 4], "little") for offset in (4, 32, 48))
        file.seek(8 + riff_bytes + riff_bytes % 2)
        if file.read(12)[8:] == b"AVI ":  # AVIX is the same clip, beyond 1 GiB
            raise ValueError(SEVERAL_CLIPS)
        return Container(picture_s=frame_us * frames / 1e6)
    return Container()
