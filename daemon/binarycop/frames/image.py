"""Encoded pictures to pixels, held to bounds before anything is decoded."""

import struct
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.errors import UndecodableFrame

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
FILE_BYTES_MOST = 64 * 2**20
PICTURE_PX_MOST = 50_000_000

_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read a JPEG, PNG, BMP or WebP file; its content says which, not its name.

    Returns (H, W, 3) uint8 BGR, turned upright as its EXIF says. Raises UndecodableFrame, with the path
    as its source, where the file cannot be read, is none of these, is cut short, has more than 64 MiB,
    or would decode to more than 50 million pixels.
    """
    data = _read(path)
    try:
        return decode(data)
    except ValueError as error:
        raise UndecodableFrame(str(path), str(error)) from error


def decode(data: bytes) -> NDArray[np.uint8]:
    """Decode a whole JPEG, PNG, BMP or WebP picture to (H, W, 3) uint8 BGR; ValueError says why it cannot be."""
    try:
        width_px, height_px = _size_px(data)
    except (struct.error, IndexError) as error:
        raise ValueError("is cut short within its header") from error
    if width_px * height_px > PICTURE_PX_MOST:
        raise ValueError(f"has {width_px}×{height_px} pixels, more than {PICTURE_PX_MOST}")
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
            data = file.read(FILE_BYTES_MOST + 1)
    except UndecodableFrame:
        raise
    except OSError as error:
        raise UndecodableFrame(str(path), f"cannot be read: {error.strerror}") from error
    if len(data) > FILE_BYTES_MOST:
        raise UndecodableFrame(str(path), f"is larger than {FILE_BYTES_MOST // 2**20} MiB")
    return data


def _size_px(data: bytes) -> tuple[int, int]:
    """Width and height from the header. Raises ValueError, or struct.error and IndexError where the header ends."""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    if data[:2] == b"BM":
        is_old = struct.unpack_from("<I", data, 14)[0] == 12
        width, height = struct.unpack_from("<HH" if is_old else "<ii", data, 18)
        return abs(width), abs(height)  # a negative height says that the rows go from the top
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp_size_px(data)
    if data[:2] == b"\xff\xd8":
        # OpenCV 4.5 fills what is missing of a JPEG with grey, OpenCV 5 refuses it: refuse it with both.
        if data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda"):
            raise ValueError("is cut short: a JPEG without its end")
        return _jpeg_size_px(data)
    raise ValueError("is not a JPEG, PNG, BMP or WebP picture")


def _webp_size_px(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("is a WebP file of an unknown kind")


def _jpeg_size_px(data: bytes) -> tuple[int, int]:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        if marker == 0xFF or marker in _JPEG_ALONE:  # 0xFF: padding, of which any number may stand there
            at += 1 if marker == 0xFF else 2
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    raise ValueError("is a JPEG whose header is broken")
