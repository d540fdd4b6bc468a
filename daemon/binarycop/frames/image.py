"""Decodes pictures, after checking by their headers how much memory and time that would take."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.errors import UndecodableFrame
from binarycop.file_kind import lost_kind
from binarycop.frames.exif import orientation_of
from binarycop.frames.orientation import upright
from binarycop.frames.picture_header import read_header

MAX_FILE_BYTES = 64 * 2**20
MAX_PICTURE_PX = 50_000_000
"""A picture with more is refused."""
MAX_FRAME_PX = 4096 * 4096
"""The most pixels of a frame: the largest size that ``frames.width_px`` and ``frames.height_px`` allow."""

_REDUCED = ((2, cv2.IMREAD_REDUCED_COLOR_2), (4, cv2.IMREAD_REDUCED_COLOR_4), (8, cv2.IMREAD_REDUCED_COLOR_8))


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
        kind = lost_kind(data)
        raise UndecodableFrame(str(path), f"is {kind}" if kind else str(error)) from error


def decode(data: bytes, *, max_px: int = MAX_PICTURE_PX, shrink_to_px: int | None = None) -> NDArray[np.uint8]:
    """Decode a complete JPEG, PNG, BMP or WebP picture, upright, to (H, W, 3) uint8 BGR. Raises ValueError, with why.

    max_px: more pixels are refused, before anything is decoded. shrink_to_px: see ``read_picture``.
    """
    header = read_header(data)
    width_px, height_px = header.width_px, header.height_px
    flags, decoded_px = cv2.IMREAD_COLOR, width_px * height_px
    if shrink_to_px is not None and header.can_shrink and decoded_px <= MAX_PICTURE_PX:
        for factor, reduced in _REDUCED:
            if decoded_px > shrink_to_px:
                flags, decoded_px = reduced, -(-width_px // factor) * -(-height_px // factor)
    limit_px = max_px if shrink_to_px is None else min(max_px, shrink_to_px)
    if decoded_px > limit_px:
        # A picture that can be decoded smaller is too large only if it has more pixels than any picture may have.
        is_shrunk = shrink_to_px is not None and header.can_shrink
        raise ValueError(f"has {width_px}×{height_px} pixels, more than {max_px if is_shrunk else limit_px}")
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
            raise UndecodableFrame(str(path), "is not a file" if path.exists() else "does not exist")
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except UndecodableFrame:
        raise
    except OSError as error:
        raise UndecodableFrame(str(path), f"cannot be read: {error.strerror}") from error
    if len(data) > MAX_FILE_BYTES:
        raise UndecodableFrame(str(path), f"is larger than {MAX_FILE_BYTES // 2**20} MiB")
    return data
