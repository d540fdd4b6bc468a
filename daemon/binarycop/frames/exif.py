"""The orientation that a picture's EXIF data states. OpenCV's versions differ in the formats in which they read it."""

import struct
from collections.abc import Iterator

from binarycop.frames.orientation import Orientation

_PREFIX = b"Exif\0\0"  # of a JPEG's; some programs write it into WebP files too
_ORIENTATION_TAG = 0x0112
_FORMATS = {1: "B", 3: "H", 4: "I"}  # of EXIF's integer types; H is the right one


def orientation_of(data: bytes) -> Orientation:
    """The orientation of a JPEG, PNG (eXIf) or WebP (EXIF) picture; upright if it states none, or no valid one.

    Other metadata does not count: XMP, PNG's text chunks, colour profiles, and, as in browsers, pixels that are not
    square (the density in JPEG and PNG).
    """
    exif = next(_exif_of(data), b"")
    try:
        return _orientation(exif.removeprefix(_PREFIX))
    except (struct.error, ValueError):
        return Orientation.UPRIGHT


def _exif_of(data: bytes) -> Iterator[bytes]:
    if data[:2] == b"\xff\xd8":
        return (body for marker, body in _jpeg_segments(data) if marker == 0xE1 and body.startswith(_PREFIX))
    if data[:4] == b"\x89PNG":
        return (bytes(body) for kind, body in png_chunks(data) if kind == b"eXIf")
    if data[:4] == b"RIFF":
        return (bytes(body) for kind, body in _webp_chunks(data) if kind == b"EXIF")
    return iter(())


def png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Kind and content of each chunk of a PNG file, as far as they are whole."""
    view, offset = memoryview(data), 8
    while offset + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, offset)
        yield kind, view[offset + 8 : offset + 8 + length]
        offset += 12 + length


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    view, offset = memoryview(data), 12
    while offset + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, offset)
        yield kind, view[offset + 8 : offset + 8 + length]
        offset += 8 + length + length % 2


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each segment before the picture."""
    offset = 2
    while offset + 4 <= len(data) and data[offset] == 0xFF:
        marker, length = data[offset + 1], int.from_bytes(data[offset + 2 : offset + 4], "big")
        if marker == 0xFF:
            offset += 1  # padding
        elif marker == 0xDA or length < 2:
            return
        else:
            yield marker, data[offset + 4 : offset + 2 + length]
            offset += 2 + length


def _orientation(tiff: bytes) -> Orientation:
    """From EXIF data, which is a TIFF file. Raises struct.error or ValueError if it states none."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4], "")
    if not order:
        raise ValueError("no TIFF header")
    (directory,) = struct.unpack_from(order + "I", tiff, 4)
    (entries,) = struct.unpack_from(order + "H", tiff, directory)
    for index in range(entries):
        offset = directory + 2 + 12 * index
        tag, kind, count = struct.unpack_from(order + "HHI", tiff, offset)
        if tag == _ORIENTATION_TAG and kind in _FORMATS and count == 1:
            return Orientation(struct.unpack_from(order + _FORMATS[kind], tiff, offset + 8)[0])
    raise ValueError("no orientation")
