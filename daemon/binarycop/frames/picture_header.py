"""What a picture's header says: its size, and whether decoding costs no more than its size suggests.

JPEG: ITU-T T.81, annex B. PNG: W3C, Portable Network Graphics. WebP: RFC 9649. BMP: BITMAPINFOHEADER.
"""

import re
import struct
from dataclasses import dataclass

from binarycop.frames.exif import png_chunks

# A progressive JPEG may have any number of scans, and each costs a pass over the picture: 880 KiB took 17 s. Real ones
# have about ten.
_MAX_JPEG_SCANS = 64
_ANIMATION = "is an animation, not one picture"  # OpenCV's versions take different frames of it, or none
_JPEG_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_BMP_MASKED, _BMP_MASKS = (3, 6), (0xFF0000, 0xFF00, 0xFF)  # BI_BITFIELDS, BI_ALPHABITFIELDS; red, green, blue
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
_JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")  # none of those that pixels may have between them
_JPEG_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length field
_JPEG_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class PictureHeader:
    """The stored size. can_shrink: OpenCV can decode it to a smaller size without the memory of the whole picture."""

    width_px: int
    height_px: int
    can_shrink: bool = False


def read_header(data: bytes) -> PictureHeader:
    """Read the header of a complete JPEG, PNG, BMP or WebP file.

    Raises ValueError with the reason if it is none of these or cannot be decoded reliably.
    """
    try:
        return _read(data)
    except (struct.error, IndexError) as error:
        raise ValueError("is truncated in its header") from error


def _read(data: bytes) -> PictureHeader:
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        width, height = struct.unpack_from(">II", data, 16)
        if any(kind == b"acTL" for kind, _ in png_chunks(data)):
            raise ValueError(_ANIMATION)
        return PictureHeader(width, height)
    if data[:2] == b"BM":
        is_core_header = struct.unpack_from("<I", data, 14)[0] == 12
        if not is_core_header:
            _check_bmp_colours(data)
        width, height = struct.unpack_from("<HH" if is_core_header else "<ii", data, 18)
        return PictureHeader(abs(width), abs(height))  # a negative height means that the rows go from top to bottom
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return PictureHeader(*_webp_size_px(data))
    if data[:2] == b"\xff\xd8":
        _check_jpeg_scans(data)
        return _jpeg_header(data)
    raise ValueError("is not a JPEG, PNG, BMP or WebP picture")


def _check_bmp_colours(data: bytes) -> None:
    """Raise ValueError if a BMP file has the colours of a pixel in an unusual order.

    OpenCV before 5 always reads them as blue, green and red, OpenCV 5 with some of the headers.
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


def _jpeg_header(data: bytes) -> PictureHeader:
    offset = 2
    while data[offset] == 0xFF:
        marker = data[offset + 1]
        if marker in _JPEG_FRAME_HEADERS:
            height, width = struct.unpack_from(">HH", data, offset + 5)
            return PictureHeader(width, height, marker not in _JPEG_PROGRESSIVE)
        if not marker:
            break  # libjpeg skips to the next marker here, so it would find another size
        if marker == 0xFF or marker in _JPEG_STANDALONE:  # any number of 0xFF bytes may come as padding
            offset += 1 if marker == 0xFF else 2
        else:
            offset += 2 + struct.unpack_from(">H", data, offset + 2)[0]
    raise ValueError("is a JPEG whose header is broken")
