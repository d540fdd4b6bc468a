"""A folder of pictures as a source: each is shown for a while, as if a person came to the gate."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame
from binarycop.frames.image import MAX_FRAME_PX, read_picture
from binarycop.frames.picture_files import SUFFIXES, FileKind, kind_of

EMPTY_GREY = 128
# A picture of a format that is not read is tried too, so that it is reported like a damaged one.
_SHOWN = (FileKind.PICTURE, FileKind.UNREAD)
_MAX_NAMED = 3


@dataclass(frozen=True)
class FolderSettings:
    """How the pictures are shown.

    hold_s: how long each picture is shown. gap_s: how long a grey frame of the same size is shown before it, so that
    the tracker loses the last person. rate_hz: frames per second.
    """

    hold_s: float = 1.0
    gap_s: float = 0.8
    rate_hz: float = 10.0


class Folder:
    """The pictures of a folder, without subfolders, in the order of their names. They may differ in size.

    A JPEG of more than 4096×4096 pixels is shown smaller.

    Raises SourceError if the folder cannot be listed or has no picture. A picture that cannot be decoded raises
    UndecodableFrame once and is skipped. One that is gone raises SourceError: the folder was emptied or unplugged.
    """

    is_live = False
    mode = "pictures"

    def __init__(self, path: Path, settings: FolderSettings | None = None) -> None:
        self._settings = settings or FolderSettings()
        self.name = str(path)
        try:
            entries = sorted(path.iterdir())
        except OSError as error:
            raise SourceError(self.name, f"cannot be listed: {error.strerror}") from error
        self._remaining = [entry for entry in entries if kind_of(entry.name) in _SHOWN]
        if not self._remaining:
            others = "; it has " + ", ".join(entry.name for entry in entries[:_MAX_NAMED]) if entries else ""
            raise SourceError(self.name, f"has no picture ({', '.join(SUFFIXES)}){others}")
        self._remaining.reverse()
        self._pictures = len(self._remaining)
        self._shown: Iterator[NDArray[np.uint8]] = iter(())
        self._number = 0

    def read(self) -> Frame | None:
        """See ``Source.read``. The frames of one picture share their pixels."""
        pixels = next(self._shown, None)
        while pixels is None:
            if not self._remaining:
                return None
            self._shown = self._frames_of(self._remaining.pop())
            pixels = next(self._shown, None)
        number, self._number = self._number, self._number + 1
        return Frame(pixels, number / self._settings.rate_hz, number)

    @property
    def share_read(self) -> float:
        """See ``Recording``."""
        return 1 - len(self._remaining) / self._pictures

    def drop_waiting(self) -> None:
        """See ``Source.drop_waiting``."""

    def close(self) -> None:
        """See ``Source.close``."""
        self._remaining.clear()
        self._shown = iter(())

    def _frames_of(self, path: Path) -> Iterator[NDArray[np.uint8]]:
        """The grey frames of the gap, then the picture, each as often as it is shown."""
        if not os.path.lexists(path):
            raise SourceError(self.name, f"{path.name} is gone")
        try:
            picture = read_picture(path, shrink_to_px=MAX_FRAME_PX)
        except UndecodableFrame as error:
            raise UndecodableFrame(self.name, f"{path.name} {error.reason}") from error
        rate_hz = self._settings.rate_hz
        for _ in range(round(self._settings.gap_s * rate_hz)):
            yield np.full_like(picture, EMPTY_GREY)
        for _ in range(max(round(self._settings.hold_s * rate_hz), 1)):
            yield picture
