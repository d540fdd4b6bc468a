"""What a file in a folder of pictures is, by its name alone."""

from enum import Enum

from binarycop.frames.image import SUFFIXES, UNREAD_SUFFIXES

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
