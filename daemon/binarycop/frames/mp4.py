"""The headers of MP4 and QuickTime files, as far as they state how a picture is to be shown and for how long.

ISO/IEC 14496-12 (ISO base media file format), sections 4.2, 6.2.2 and 8.2 to 8.6.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from binarycop.frames.clip_header import NO_QUARTER_TURN, SEVERAL_CLIPS, ClipHeader
from binarycop.frames.orientation import Orientation, of_matrix

FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"})
_MAX_BOXES = 100_000  # of one level: the fragments of a day
_UNKNOWN_DURATIONS = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
_NO_MEDIA = -1  # of an entry in the edit list: the picture has not begun yet

Matrix = tuple[float, float, float, float]
"""a, b, c, d: maps (x, y) to (a x + c y, b x + d y)."""


@dataclass(frozen=True)
class _Box:
    kind: bytes
    start: int  # of its content
    end: int  # within the box around it
    stated_end: int


def read(file: BinaryIO, file_bytes: int) -> ClipHeader:
    """Read the headers. Raises ValueError with the reason, or IndexError or struct.error if they are invalid."""
    movie, missing_bytes = None, 0
    for box in _boxes(file, 0, file_bytes):
        if box.kind in (b"mdat", b"moof"):
            missing_bytes = box.stated_end - box.end
        elif box.kind == b"moov" and movie is not None:
            raise ValueError(SEVERAL_CLIPS)
        elif box.kind == b"moov":
            movie = box
    if movie is None:
        return ClipHeader(missing_bytes=missing_bytes)
    orientation, picture_s = _pictures(file, movie)
    return ClipHeader(orientation, picture_s, missing_bytes)


def _pictures(file: BinaryIO, movie: _Box) -> tuple[Orientation, float | None]:
    """Orientation of the first track with pictures, and for how many seconds it is shown, if stated."""
    handlers = set()
    inside = {box.kind: box for box in _boxes(file, movie.start, movie.end)}
    version, header = _full_box(file, inside[b"mvhd"]) if b"mvhd" in inside else (0, bytes(100))
    (ticks_hz,) = struct.unpack_from(">I", header, 20 if version else 12)
    for track in _boxes(file, movie.start, movie.end):
        if track.kind != b"trak":
            continue
        handlers.add(_handler(file, track))
        if b"vide" in handlers:
            matrix, ticks = _track(file, track)
            orientation = _orientation(matrix, _matrix(header, 48 if version else 36))
            is_stated = ticks and ticks_hz and b"mvex" not in inside  # a fragmented file states the first fragment's
            return orientation, ticks / ticks_hz if is_stated else None
    if b"soun" in handlers:
        raise ValueError("has only sound")
    return Orientation.UPRIGHT, None


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    """The boxes from ``start`` to ``end``."""
    for _ in range(_MAX_BOXES):
        if start + 8 > end:
            return
        header = _read_at(file, start, 16)
        size, kind = struct.unpack_from(">I4s", header)
        content = start + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", header, 8)
            content = start + 16
        after = end if size == 0 else start + size
        if after < content:
            return
        yield _Box(kind, content, min(after, end), after)
        start = after


def _child(file: BinaryIO, box: _Box, *path: bytes) -> _Box | None:
    for kind in path:
        found = next((child for child in _boxes(file, box.start, box.end) if child.kind == kind), None)
        if found is None:
            return None
        box = found
    return box


def _handler(file: BinaryIO, track: _Box) -> bytes:
    box = _child(file, track, b"mdia", b"hdlr")
    return b"" if box is None else _read_at(file, box.start + 8, 4)


def _track(file: BinaryIO, track: _Box) -> tuple[Matrix, int]:
    """The track's matrix, and for how many ticks of the movie's clock it is shown, 0 if it does not say."""
    box = _child(file, track, b"tkhd")
    if box is None:
        return (1.0, 0.0, 0.0, 1.0), 0
    version, header = _full_box(file, box)
    (ticks,) = struct.unpack_from(">Q", header, 28) if version else struct.unpack_from(">I", header, 20)
    edits = _child(file, track, b"edts", b"elst")
    if edits is not None:
        ticks = sum(duration for duration, media in _edits(file, edits) if media != _NO_MEDIA)
    return _matrix(header, 52 if version else 40), 0 if ticks in _UNKNOWN_DURATIONS else ticks


def _edits(file: BinaryIO, box: _Box) -> Iterator[tuple[int, int]]:
    """Duration and start within the media of each entry of the edit list."""
    version, content = _full_box(file, box)
    entry = struct.Struct(">Qq4x" if version else ">Ii4x")
    (count,) = struct.unpack_from(">I", content, 4)
    for index in range(min(count, (len(content) - 8) // entry.size)):
        duration, media = entry.unpack_from(content, 8 + index * entry.size)
        yield duration, media


def _matrix(header: bytes, offset: int) -> Matrix:
    a, b, _, c, d = struct.unpack_from(">5i", header, offset)
    return a / 65536, b / 65536, c / 65536, d / 65536


def _orientation(track: Matrix, movie: Matrix) -> Orientation:
    """Of the track's matrix, followed by the movie's. Raises ValueError if it is no quarter turn."""
    if not any(movie):
        movie = (1.0, 0.0, 0.0, 1.0)
    (a, b, c, d), (e, f, g, h) = track, movie
    orientation = of_matrix(a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h)
    if orientation is None:
        raise ValueError(NO_QUARTER_TURN)
    return orientation


def _full_box(file: BinaryIO, box: _Box) -> tuple[int, bytes]:
    """Version and content of a small box."""
    content = _read_at(file, box.start, max(min(box.end - box.start, 4096), 0))  # its header may leave its parent
    return content[0], content


def _read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)
