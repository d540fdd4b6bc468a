"""Edits the containers of small clips that OpenCV has written, as other cameras and programs write them."""

import struct
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Edit = Callable[[bytes], bytes]

VIDEO_TRACK = (b"moov", b"trak")


def edit_mp4(data: bytes, path: tuple[bytes, ...], edit: Edit) -> bytes:
    """The MP4 file with the content of the box at ``path`` replaced. OpenCV writes moov last, so nothing else moves."""
    edited, offset = b"", 0
    while offset < len(data):
        size, kind = struct.unpack_from(">I4s", data, offset)
        content = data[offset + 8 : offset + size]
        if kind == path[0]:
            content = edit_mp4(content, path[1:], edit) if path[1:] else edit(content)
        edited += struct.pack(">I4s", len(content) + 8, kind) + content
        offset += size
    return edited


def with_matrix(data: bytes, a: float, b: float, c: float, d: float, header: bytes = b"tkhd") -> bytes:
    """With this matrix in the header of the track, or of the movie (``mvhd``), instead of the identity."""
    matrix = struct.pack(">5i", *(round(value * 65536) for value in (a, b, 0, c, d)))
    offset = 40 if header == b"tkhd" else 36
    path = (*VIDEO_TRACK, header) if header == b"tkhd" else (b"moov", header)
    return edit_mp4(data, path, lambda content: content[:offset] + matrix + content[offset + 20 :])


def with_long_times(data: bytes) -> bytes:
    """With the headers of movie and track in version 1, whose times have eight bytes, as some recorders write them."""

    def lengthen(content: bytes, durations_at: int) -> bytes:
        times = struct.unpack_from(">2I", content, 4)
        (duration,) = struct.unpack_from(">I", content, durations_at)
        between, rest = content[12:durations_at], content[durations_at + 4 :]
        return b"\1" + content[1:4] + struct.pack(">2Q", *times) + between + struct.pack(">Q", duration) + rest

    data = edit_mp4(data, (b"moov", b"mvhd"), lambda content: lengthen(content, 16))
    return edit_mp4(data, (*VIDEO_TRACK, b"tkhd"), lambda content: lengthen(content, 20))


def with_pixel_aspect(data: bytes, width: int, height: int) -> bytes:
    """With a pasp box: each pixel is ``width`` wide and ``height`` high."""
    box = struct.pack(">I4sII", 16, b"pasp", width, height)

    def edit(content: bytes) -> bytes:
        (size,) = struct.unpack_from(">I", content, 8)
        entry = _without(content[8 : 8 + size], b"pasp")
        return content[:8] + struct.pack(">I", len(entry) + len(box)) + entry[4:] + box

    return edit_mp4(data, (*VIDEO_TRACK, b"mdia", b"minf", b"stbl", b"stsd"), edit)


def _without(entry: bytes, kind: bytes) -> bytes:
    """A sample entry without one of its boxes; OpenCV writes a pasp box of square pixels."""
    kept, offset = entry[:86], 86
    while offset + 8 <= len(entry):
        size, found = struct.unpack_from(">I4s", entry, offset)
        kept += b"" if found == kind else entry[offset : offset + size]
        offset += size
    return kept


def with_pause(data: bytes, after_frame: int, pause_s: float) -> bytes:
    """With a pause behind the frame of this number: it is shown for so much longer."""

    def stretch(content: bytes) -> bytes:
        count, frames, ticks = struct.unpack_from(">3I", content, 4)
        assert count == 1, "a constant rate"
        (ticks_hz,) = struct.unpack_from(">I", data, data.index(b"mdhd") + 16)
        long = ticks + round(pause_s * ticks_hz)
        rest = frames - after_frame - 1
        return content[:4] + struct.pack(">7I", 3, after_frame, ticks, 1, long, rest, ticks)

    def longer(offset: int, ticks_hz: int) -> Edit:
        def edit(content: bytes) -> bytes:
            (ticks,) = struct.unpack_from(">I", content, offset)
            return content[:offset] + struct.pack(">I", ticks + round(pause_s * ticks_hz)) + content[offset + 4 :]

        return edit

    (movie_hz,) = struct.unpack_from(">I", data, data.index(b"mvhd") + 16)
    (media_hz,) = struct.unpack_from(">I", data, data.index(b"mdhd") + 16)
    media = (*VIDEO_TRACK, b"mdia")
    data = edit_mp4(data, (*media, b"minf", b"stbl", b"stts"), stretch)
    data = edit_mp4(data, (*media, b"mdhd"), longer(16, media_hz))
    data = edit_mp4(data, (*VIDEO_TRACK, b"edts", b"elst"), longer(8, movie_hz))
    data = edit_mp4(data, (*VIDEO_TRACK, b"tkhd"), longer(20, movie_hz))
    return edit_mp4(data, (b"moov", b"mvhd"), longer(16, movie_hz))


def element(identity: int, content: bytes) -> bytes:
    """An element of Matroska, with a size of eight bytes."""
    return (
        identity.to_bytes((identity.bit_length() + 7) // 8, "big") + struct.pack(">Q", 1 << 56 | len(content)) + content
    )


def edit_matroska(data: bytes, path: tuple[int, ...], edit: Edit) -> bytes:
    """The Matroska file with the content of the element at ``path`` replaced. What points behind it is wrong then."""
    edited, offset = b"", 0
    while offset < len(data):
        identity_bytes = 9 - data[offset].bit_length()
        size_bytes = 9 - data[offset + identity_bytes].bit_length()
        start = offset + identity_bytes + size_bytes
        size = int.from_bytes(data[offset + identity_bytes : start], "big") & (1 << 7 * size_bytes) - 1
        identity = int.from_bytes(data[offset : offset + identity_bytes], "big")
        content = data[start : start + size]
        if identity == path[0]:
            content = edit_matroska(content, path[1:], edit) if path[1:] else edit(content)
            edited += element(identity, content)
        else:
            edited += data[offset : start + size]
        offset = start + size
    return edited


VIDEO = (0x18538067, 0x1654AE6B, 0xAE, 0xE0)  # Segment, Tracks, TrackEntry, Video


def with_pose(data: bytes, roll: float, yaw: float = 0.0) -> bytes:
    """With a projection that is turned, in degrees, as ``mkvpropedit`` writes it."""
    pose = element(0x7673, struct.pack(">f", yaw)) + element(0x7675, struct.pack(">f", roll))
    projection = element(0x7670, element(0x7671, b"\0") + pose)
    return edit_matroska(data, VIDEO, lambda content: content + projection)


def avi_with_sound(pictures: list[NDArray[np.uint8]], sounds_after: dict[int, int], rate_hz: int = 20) -> bytes:
    """An AVI of JPEGs and sound: behind the picture of each number, as many packets of sound as the dictionary says."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)

    def stream(kind: bytes, codec: bytes, rate: int, length: int, sample_bytes: int, layout: bytes) -> bytes:
        header = struct.pack("<4s4sIHHIIIIIIIi8x", kind, codec, 0, 0, 0, 0, 1, rate, 0, length, 0, 0, sample_bytes)
        return chunk(b"LIST", b"strl" + chunk(b"strh", header) + chunk(b"strf", layout))

    height, width = pictures[0].shape[:2]
    sound_bytes, sound_hz = 16, 8000
    sounds = sum(sounds_after.values())
    movie = b""
    for number, picture in enumerate(pictures):
        movie += chunk(b"00dc", bytes(cv2.imencode(".jpg", picture)[1].tobytes()))
        movie += sounds_after.get(number, 0) * chunk(b"01wb", bytes([128] * sound_bytes))
    main = struct.pack("<14I", 1_000_000 // rate_hz, 0, 0, 0, len(pictures), 0, 2, 0, width, height, 0, 0, 0, 0)
    bitmap = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0)
    wave = struct.pack("<HHIIHH", 1, 1, sound_hz, sound_hz, 1, 8)
    headers = chunk(b"avih", main) + stream(b"vids", b"MJPG", rate_hz, len(pictures), 0, bitmap)
    headers += stream(b"auds", bytes(4), sound_hz, sounds * sound_bytes, 1, wave)
    return chunk(b"RIFF", b"AVI " + chunk(b"LIST", b"hdrl" + headers) + chunk(b"LIST", b"movi" + movie))
