"""Decodes pictures, after checking in their headers what they would cost."""

import re
import struct
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.errors import UndecodableFrame
from binarycop.frames.exif import orientation_of, png_chunks
from binarycop.frames.orientation import upright

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".webp")
"""Endings of the names of pictures that are read, in small letters."""
# fmt: off
UNREAD_SUFFIXES = (
    ".apng", ".arw", ".avif", ".cr2", ".cr3", ".dng", ".exr", ".gif", ".hdr", ".heic", ".heif", ".hif", ".ico",
    ".j2k", ".jp2", ".jxl", ".nef", ".orf", ".pbm", ".pgm", ".pnm", ".ppm", ".psd", ".raf", ".rw2", ".svg", ".tga",
    ".tif", ".tiff",
)
# fmt: on
"""Endings of pictures that are not read. A folder of pictures that has them names what it leaves out."""
MAX_FILE_BYTES = 64 * 2**20
MAX_PICTURE_PX = 50_000_000
"""A picture with more is refused."""
MAX_FRAME_PX = 4096 * 4096
"""The most pixels of a frame: the largest size that ``frames.width_px`` and ``frames.height_px`` allow."""

# A progressive JPEG may have any number of scans, and each costs a pass over the picture: 880 KiB took 17 s. Real ones
# have about ten.
_MAX_JPEG_SCANS = 64
_ANIMATION = "is an animation, not one picture"  # OpenCV's versions take different frames of it, or none
_JPEG_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_BMP_MASKED, _BMP_MASKS = (3, 6), (0xFF0000, 0xFF00, 0xFF)  # BI_BITFIELDS, BI_ALPHABITFIELDS; red, green, blue
_REDUCED = ((2, cv2.IMREAD_REDUCED_COLOR_2), (4, cv2.IMREAD_REDUCED_COLOR_4), (8, cv2.IMREAD_REDUCED_COLOR_8))
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
_JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")  # none of those that pixels may have between them
_JPEG_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length field
_JPEG_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_picture(path: Path, *, shrink_to_px: int | None = None) -> NDArray[np.uint8]:
    """Read a JPEG, PNG, BMP or WebP file; the format is that of its content, not of its name.

    shrink_to_px: a JPEG with more pixels is decoded to a half, a quarter or an eighth of its width and height, which
    takes no more memory; another picture with more is refused. Returns (H, W, 3) uint8 BGR, turned and mirrored as its
    EXIF orientation states (``exif``). Raises UndecodableFrame, with the path as its source, if the file cannot be
    read, has another format, is truncated or an animation, or has more than 64 MiB or 50 million pixels.
    """
    data = _read(path)
    try:
        return decode(data, shrink_to_px=shrink_to_px)
    except ValueError as error:
        raise UndecodableFrame(str(path), str(error)) from error


def decode(data: bytes, *, max_px: int = MAX_PICTURE_PX, shrink_to_px: int | None = None) -> NDArray[np.uint8]:
    """Decode a complete JPEG, PNG, BMP or WebP picture, upright, to (H, W, 3) uint8 BGR. Raises ValueError, with why.

    max_px: more pixels are refused, before anything is decoded. shrink_to_px: see ``read_picture``.
    """
    try:
        width_px, height_px, can_shrink = _header(data)
    except (struct.error, IndexError) as error:
        raise ValueError("is truncated in its header") from error
    flags, decoded_px = cv2.IMREAD_COLOR, width_px * height_px
    if shrink_to_px is not None and can_shrink and decoded_px <= MAX_PICTURE_PX:
        for factor, reduced in _REDUCED:
            if decoded_px > shrink_to_px:
                flags, decoded_px = reduced, -(-width_px // factor) * -(-height_px // factor)
    limit_px = max_px if shrink_to_px is None else min(max_px, shrink_to_px)
    if decoded_px > limit_px:
        raise ValueError(f"has {width_px}×{height_px} pixels, more than {limit_px}")
    try:
        # OpenCV 4.5.4 looks for an orientation in JPEGs only, 4.6 in PNGs too, 5.0 in WebP files too.
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise ValueError("has pixels that cannot be decoded") from error
    if pixels is None or pixels.ndim != 3:
        raise ValueError("has pixels that cannot be decoded")
    return upright(np.asarray(pixels, np.uint8), orientation_of(data))


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


def _header(data: bytes) -> tuple[int, int, bool]:
    """Width, height, and whether it can be decoded to a part of them without the memory of the whole.

    Raises ValueError, or struct.error or IndexError if the header is truncated.
    """
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        width, height = struct.unpack_from(">II", data, 16)
        if any(kind == b"acTL" for kind, _ in png_chunks(data)):
            raise ValueError(_ANIMATION)
        return width, height, False
    if data[:2] == b"BM":
        is_core_header = struct.unpack_from("<I", data, 14)[0] == 12
        if not is_core_header:
            _check_bmp_colours(data)
        width, height = struct.unpack_from("<HH" if is_core_header else "<ii", data, 18)
        return abs(width), abs(height), False  # a negative height means that the rows go from top to bottom
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return *_webp_size_px(data), False
    if data[:2] == b"\xff\xd8":
        _check_jpeg_scans(data)
        return _jpeg_header(data)
    raise ValueError("is not a JPEG, PNG, BMP or WebP picture")


def _check_bmp_colours(data: bytes) -> None:
    """Raise ValueError if a BMP file has the colours of a pixel elsewhere than usual.

    OpenCV before 5 takes them for blue, green and red all the same, OpenCV 5 in some of the headers.
    """
    bits, coding = struct.unpack_from("<HI", data, 28)
    if bits == 32 and coding in _BMP_MASKED and struct.unpack_from("<3I", data, 54) != _BMP_MASKS:
        raise ValueError("is a BMP file with masks for another order than blue, green, red; save it with 24 bits")


def _webp_size_px(data: bytes) -> tuple[int, int]:
    chunk = data[12:16]
    if chunk == b"VP8X":
        if data[20] & 0x02:
            raise ValueError(_ANIMATION)
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if chunk == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("is a WebP file of an unknown kind")


def _check_jpeg_scans(data: bytes) -> None:
    """Raise ValueError if the first picture of a JPEG file has no end, or too many scans.

    Others may follow it, and the few seconds of film that a phone takes with it.
    """
    offset, scans = 2, 0
    while (found := _JPEG_MARKER.search(data, offset)) is not None:
        marker = data[found.end() - 1]
        if marker == _JPEG_END:
            return
        scans += marker == _JPEG_SCAN
        if scans > _MAX_JPEG_SCANS:
            raise ValueError(f"is a JPEG of more than {_MAX_JPEG_SCANS} scans")
        offset = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    # OpenCV 4.5 fills the missing part of a JPEG with grey, OpenCV 5 refuses it: refuse it with both.
    raise ValueError("is truncated: a JPEG without its end")


def _jpeg_header(data: bytes) -> tuple[int, int, bool]:
    offset = 2
    while data[offset] == 0xFF:
        marker = data[offset + 1]
        if marker in _JPEG_FRAME_HEADERS:
            height, width = struct.unpack_from(">HH", data, offset + 5)
            return width, height, marker not in _JPEG_PROGRESSIVE
        if not marker:
            break  # libjpeg skips to the next marker here, so it would find another size
        if marker == 0xFF or marker in _JPEG_STANDALONE:  # any number of 0xFF bytes may come as padding
            offset += 1 if marker == 0xFF else 2
        else:
            offset += 2 + struct.unpack_from(">H", data, offset + 2)[0]
    raise ValueError("is a JPEG whose header is broken")
