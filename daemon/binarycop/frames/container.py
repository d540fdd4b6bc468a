"""Reads the header of a clip's container, since OpenCV does not pass all of it on, or not in each of its versions."""

import os
import struct
from pathlib import Path
from typing import BinaryIO

from binarycop.file_kind import HEAD_BYTES, file_kind
from binarycop.frames import matroska, mp4
from binarycop.frames.clip_header import SEVERAL_CLIPS, ClipHeader

_LISTS = (b"#EXTM3U", b"ffconcat version")  # HLS, and FFmpeg's concat


def read_header(path: Path) -> ClipHeader:
    """Read the header of an MP4, QuickTime, Matroska or AVI file; that of another format is empty.

    Raises ValueError, with the reason, if its pictures cannot be shown as it says, it holds a second clip, or it is no
    clip: a list of other files, which OpenCV would open whatever they are, or a text, which it would draw. An invalid
    header counts as empty: OpenCV decides whether the file can be read. Raises OSError.
    """
    with path.open("rb") as file:
        file_bytes = os.fstat(file.fileno()).st_size
        start = file.read(HEAD_BYTES)
        try:
            return _read(file, file_bytes, start)
        except (struct.error, IndexError):
            return ClipHeader()


def _read(file: BinaryIO, file_bytes: int, start: bytes) -> ClipHeader:
    if start.startswith(_LISTS):
        raise ValueError("is a list of clips, not a clip")
    if kind := file_kind(start):
        raise ValueError(f"is {kind}")
    if start[4:8] in mp4.FIRST_BOXES:
        return mp4.read(file, file_bytes)
    if start[:4] == matroska.MAGIC:
        return matroska.read(file, file_bytes)
    if start[:4] == b"RIFF" and start[24:28] == b"avih":
        riff_bytes, frame_us, frames = (int.from_bytes(start[offset : offset + 4], "little") for offset in (4, 32, 48))
        file.seek(8 + riff_bytes + riff_bytes % 2)
        if file.read(12)[8:] == b"AVI ":  # AVIX is the same clip, beyond 1 GiB
            raise ValueError(SEVERAL_CLIPS)
        return ClipHeader(picture_s=frame_us * frames / 1e6)
    return ClipHeader()
