"""The pictures of the data folder: all tools find them in the same way, and none is left out unnoticed.

The daemon's own ``read_picture`` reads them: it turns a picture upright, and names a file that it cannot read.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.errors import SourceError, UndecodableFrame
from binarycop.evaluation.labelled import labelled_pictures
from binarycop.evaluation.omissions import Omissions
from binarycop.frames.picture_files import FileKind, kind_of

_NAMED = 3


def in_folder(folder: Path) -> list[Path]:
    """The pictures of a folder and its subfolders, in the order of their paths; none if the folder is missing.

    Raises SourceError if there are pictures of a format that is not read.
    """
    found: dict[FileKind, list[Path]] = {kind: [] for kind in FileKind}
    for path in sorted(folder.rglob("*")):
        kinds = {kind_of(part) for part in path.relative_to(folder).parts}
        if FileKind.SYSTEM not in kinds and path.is_file():
            found[kind_of(path.name)].append(path)
    unread = [str(path.relative_to(folder)) for path in found[FileKind.UNREAD]]
    if unread:
        names = ", ".join([*unread[:_NAMED], *["…"] * (len(unread) > _NAMED)])
        raise SourceError(str(folder), f"has {len(unread)} of a format that is not read (JPEG and PNG are): {names}")
    return found[FileKind.PICTURE]


def by_class(folder: Path) -> list[tuple[str, Path]]:
    """The pictures in the class folders of a folder: the class folder's name, and the file.

    Raises SourceError if there are none, or if a file in it is anything else.
    """
    omissions = Omissions()
    pictures = labelled_pictures(folder, omissions)
    omissions.refuse(str(folder))
    return pictures


def read_artwork(path: Path) -> NDArray[np.uint8]:
    """A picture with opacity, (H, W, 4) uint8 BGRA. Raises UndecodableFrame if it has none or cannot be read."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise UndecodableFrame(str(path), "cannot be read as a picture")
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 4:
        raise UndecodableFrame(str(path), "should have three colours and opacity, 8 bits each")
    return np.asarray(pixels, np.uint8)
