"""Decodes picture files, after checking their size in the header."""

import struct
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.errors import UndecodableFrame

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
MAX_FILE_BYTES = 64 * 2**20
MAX_PICTURE_PX = 50_000_000

_JPEG_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length field
_JPEG_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read a JPEG, PNG, BMP or WebP file; the format is that of its content, not of its name.

    Returns (H, W, 3) uint8 BGR, rotated upright by its EXIF orientation. Raises UndecodableFrame, with the path as its
    source, if the file cannot be read, has another format, is truncated, or has more than 64 MiB or 50 million pixels.
    """
    data = _read(path)
    try:
        return decode(data)
    except ValueError as error:
        raise UndecodableFrame(str(path), str(error)) from error


def decode(data: bytes) -> NDArray[np.uint8]:
    """Decode a complete JPEG, PNG, BMP or WebP picture to (H, W, 3) uint8 BGR. Raises ValueError with the reason."""
    try:
        width_px, height_px = _size_px(data)
    except (struct.error, IndexError) as error:
        raise ValueError("is truncated in its header") from error
    if width_px * height_px > MAX_PICTURE_PX:
        raise ValueError(f"has {width_px}×{height_px} pixels, more than {MAX_PICTURE_PX}")
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ValueError("has pixels that cannot be decoded") from error
    if pixels is None or pixels.ndim != 3:
        raise ValueError("has pixels that cannot be decoded")
    return np.asarray(pixels, np.uint8)


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise UndecodableFrame(str(path), "is not a file")
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except UndecodableFrame:
        raise
    except OSError as error:
        raise UndecodableFrame(str(path), f"cannot be read: {error.strerror}") from error
    if len(data) > MAX_FILE_BYTES:
        raise UndecodableFrame(str(path), f"is larger than {MAX_FILE_BYTES // 2**20} MiB")
    return data


def _size_px(data: bytes) -> tuple[int, int]:
    """Width and height from the header. Raises ValueError, or struct.error or IndexError if the header is truncated."""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    if data[:2] == b"BM":
        is_core_header = struct.unpack_from("<I", data, 14)[0] == 12
        width, height = struct.unpack_from("<HH" if is_core_header else "<ii", data, 18)
        return abs(width), abs(height)  # a negative height means that the rows go from top to bottom
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp_size_px(data)
    if data[:2] == b"\xff\xd8":
        # OpenCV 4.5 fills the missing part of a JPEG with grey, OpenCV 5 refuses it: refuse it with both.
        if data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda"):
            raise ValueError("is truncated: a JPEG without its end")
        return _jpeg_size_px(data)
    raise ValueError("is not a JPEG, PNG, BMP or WebP picture")


def _webp_size_px(data: bytes) -> tuple[int, int]:
    chunk = data[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if chunk == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("is a WebP file of an unknown kind")


def _jpeg_size_px(data: bytes) -> tuple[int, int]:
    offset = 2
    while data[offset] == 0xFF:
        marker = data[offset + 1]
        if marker in _JPEG_FRAME_HEADERS:
            height, width = struct.unpack_from(">HH", data, offset + 5)
            return width, height
        if marker == 0xFF or marker in _JPEG_STANDALONE:  # any number of 0xFF bytes may come as padding
            offset += 1 if marker == 0xFF else 2
        else:
            offset += 2 + struct.unpack_from(">H", data, offset + 2)[0]
    raise ValueError("is a JPEG whose header is broken")
