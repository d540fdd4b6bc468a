"""What a file in a folder of pictures is, by its name alone."""

from enum import Enum

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

_SYSTEM = frozenset({
    "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "$recycle.bin",
    "system volume information", "lost+found",
})  # fmt: skip


class FileKind(Enum):
    """PICTURE: one that is read. UNREAD: a picture of a format that is not. SYSTEM: nobody put it there on purpose."""

    PICTURE = "picture"
    UNREAD = "unread"
    SYSTEM = "system"
    OTHER = "other"


def kind_of(name: str) -> FileKind:
    """The kind of the file or folder of this name; for a folder it is SYSTEM or OTHER.

    Hidden files are SYSTEM, and so what macOS leaves on a stick: ``._a.jpg`` is no picture, in spite of its ending.
    """
    lower = name.lower()
    if lower.startswith(".") or lower in _SYSTEM:
        return FileKind.SYSTEM
    if lower.endswith(SUFFIXES):
        return FileKind.PICTURE
    return FileKind.UNREAD if lower.endswith(UNREAD_SUFFIXES) else FileKind.OTHER
