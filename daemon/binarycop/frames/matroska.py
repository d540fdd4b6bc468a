"""The headers of Matroska and WebM files, as far as they state how a picture is to be shown. RFC 9559, RFC 8794."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from binarycop.frames.clip_header import NO_QUARTER_TURN, ClipHeader
from binarycop.frames.orientation import Orientation, of_matrix

MAGIC = b"\x1a\x45\xdf\xa3"
_SEGMENT, _TRACKS, _TRACK = 0x18538067, 0x1654AE6B, 0xAE
_TRACK_TYPE, _VIDEO, _PROJECTION = 0x83, 0xE0, 0x7670
_PROJECTION_TYPE, _YAW, _PITCH, _ROLL = 0x7671, 0x7673, 0x7674, 0x7675
_CROPS = (0x54AA, 0x54BB, 0x54CC, 0x54DD)
_MAX_ELEMENTS = 100_000  # of one level; the tracks come first, or behind the clusters of the whole recording
_IS_VIDEO, _IS_RECTANGULAR = 1, 0


@dataclass(frozen=True)
class _Element:
    id: int
    start: int  # of its content
    end: int  # within the element around it
    stated_end: int | None  # None if it has no stated size, as in a live recording


def read(file: BinaryIO, file_bytes: int) -> ClipHeader:
    """Read the headers. Raises ValueError with the reason, or IndexError or struct.error if they are invalid."""
    segment = next((element for element in _elements(file, 0, file_bytes) if element.id == _SEGMENT), None)
    if segment is None:
        return ClipHeader()
    missing_bytes = 0 if segment.stated_end is None else segment.stated_end - segment.end
    for tracks in _children(file, segment):
        if tracks.id == _TRACKS:
            return ClipHeader(_orientation(_video(file, tracks)), missing_bytes=missing_bytes)
    return ClipHeader(missing_bytes=missing_bytes)


def _video(file: BinaryIO, tracks: _Element) -> dict[int, bytes]:
    """The video settings of the first track with pictures and those of its projection: content by element."""
    for track in _children(file, tracks):
        fields = {child.id: child for child in _children(file, track)} if track.id == _TRACK else {}
        if _TRACK_TYPE in fields and _VIDEO in fields and _unsigned(_content(file, fields[_TRACK_TYPE])) == _IS_VIDEO:
            video = {child.id: child for child in _children(file, fields[_VIDEO])}
            projection = list(_children(file, video[_PROJECTION])) if _PROJECTION in video else []
            return {element.id: _content(file, element) for element in [*video.values(), *projection]}
    return {}


def _orientation(video: dict[int, bytes]) -> Orientation:
    """Of the pose of a rectangular projection. Raises ValueError if its pictures cannot be shown so."""
    if any(_unsigned(video[crop]) for crop in _CROPS if crop in video):
        raise ValueError("states that its pictures are to be cropped, which is not done; encode it without PixelCrop")
    if _unsigned(video.get(_PROJECTION_TYPE, b"")) != _IS_RECTANGULAR:
        return Orientation.UPRIGHT
    yaw, pitch, roll = (_float(video.get(pose, b"")) for pose in (_YAW, _PITCH, _ROLL))
    # Half a turn about an upright or a lying axis shows the picture from behind. The roll, counter-clockwise, follows.
    if yaw % 180 or pitch % 180:
        raise ValueError(f"states that its pictures are tilted (yaw {yaw:g}°, pitch {pitch:g}°), which is not done")
    orientation = None
    if roll % 90 == 0:
        mirror, flip = (-1 if angle % 360 else 1 for angle in (yaw, pitch))
        cosine, sine = round(math.cos(math.radians(roll))), round(math.sin(math.radians(roll)))
        orientation = of_matrix(mirror * cosine, -mirror * sine, flip * sine, flip * cosine)
    if orientation is None:
        raise ValueError(NO_QUARTER_TURN)
    return orientation


def _children(file: BinaryIO, element: _Element) -> Iterator[_Element]:
    return _elements(file, element.start, element.end)


def _elements(file: BinaryIO, start: int, end: int) -> Iterator[_Element]:
    """The elements from ``start`` to ``end``, until one has no stated size."""
    for _ in range(_MAX_ELEMENTS):
        if start >= end:
            return
        file.seek(start)
        header = file.read(12)
        id_bytes = 9 - header[0].bit_length()
        size_bytes = 9 - header[id_bytes].bit_length()
        size = _unsigned(header[id_bytes : id_bytes + size_bytes]) & (1 << 7 * size_bytes) - 1
        content = start + id_bytes + size_bytes
        after = None if size == (1 << 7 * size_bytes) - 1 else content + size
        yield _Element(_unsigned(header[:id_bytes]), content, end if after is None else min(after, end), after)
        if after is None:
            return
        start = after


def _content(file: BinaryIO, element: _Element) -> bytes:
    file.seek(element.start)
    return file.read(max(min(element.end - element.start, 8), 0))


def _unsigned(content: bytes) -> int:
    return int.from_bytes(content, "big")


def _float(content: bytes) -> float:
    if len(content) not in (4, 8):
        return 0.0
    value = float(struct.unpack(">f" if len(content) == 4 else ">d", content)[0])
    return value if math.isfinite(value) else 0.0
