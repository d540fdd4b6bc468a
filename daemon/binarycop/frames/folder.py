"""A folder of pictures, shown one after another as if people came to the gate."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame
from binarycop.frames.image import SUFFIXES, read_picture

EMPTY_GREY = 128


@dataclass(frozen=True)
class FolderSettings:
    """How the pictures are shown.

    hold_s: each for so long. gap_s: an empty grey frame of the same size for so long before each, so
    that following sees the last person leave and a new one come. rate_hz: frames per second of both.
    """

    hold_s: float = 1.0
    gap_s: float = 0.8
    rate_hz: float = 10.0


class Folder:
    """The pictures of a folder (not of its subfolders) in the order of their names.

    Raises SourceError where the folder cannot be listed or holds no picture. Pictures may differ in
    size. One that does not decode is told once, by UndecodableFrame, and takes no time.
    """

    is_live = False

    def __init__(self, path: Path, settings: FolderSettings | None = None) -> None:
        self._settings = settings or FolderSettings()
        self.name = str(path)
        try:
            self._left = sorted(entry for entry in path.iterdir() if entry.suffix.lower() in SUFFIXES)
        except OSError as error:
            raise SourceError(self.name, f"cannot be listed: {error.strerror}") from error
        if not self._left:
            raise SourceError(self.name, f"holds no picture ({', '.join(SUFFIXES)})")
        self._left.reverse()
        self._showing: Iterator[NDArray[np.uint8]] = iter(())
        self._number = 0

    def read(self) -> Frame | None:
        """See ``Source.read``; a held picture's frames share their pixels."""
        pixels = next(self._showing, None)
        while pixels is None:
            if not self._left:
                return None
            self._showing = self._show(self._left.pop())
            pixels = next(self._showing, None)
        number, self._number = self._number, self._number + 1
        return Frame(pixels, number / self._settings.rate_hz, number)

    def close(self) -> None:
        """See ``Source.close``."""
        self._left.clear()
        self._showing = iter(())

    def _show(self, path: Path) -> Iterator[NDArray[np.uint8]]:
        """The gap before a picture, then the picture, as many times as they are shown."""
        try:
            picture = read_picture(path)
        except UndecodableFrame as error:
            raise UndecodableFrame(self.name, f"{path.name} {error.reason}") from error
        rate_hz = self._settings.rate_hz
        for _ in range(round(self._settings.gap_s * rate_hz)):
            yield np.full_like(picture, EMPTY_GREY)
        for _ in range(max(round(self._settings.hold_s * rate_hz), 1)):
            yield picture
