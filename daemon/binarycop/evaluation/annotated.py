"""Reads pictures whose faces are known: PASCAL VOC's layout with boxes, or one folder for each class."""

import math
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from xml.etree import ElementTree

from binarycop import regular_file
from binarycop.classes import FOLDERS, MaskClass
from binarycop.errors import SourceError
from binarycop.frames.image import SUFFIXES
from binarycop.geometry import Box

_BARE_FOLDER = "no_mask"
_MAX_BYTES = 1 << 20  # of an annotation; it has about 1 KB


class Group(Enum):
    """What is on a face."""

    MASKED = "masked"
    INCORRECT = "worn wrongly"
    BARE = "bare"


# Names in the two published versions of "Face Mask Detection" (Kaggle), English and Spanish.
_GROUPS = {
    "with_mask": Group.MASKED,
    "con_mascarilla": Group.MASKED,
    "mask_weared_incorrect": Group.INCORRECT,
    "mascarilla_mal_puesta": Group.INCORRECT,
    "without_mask": Group.BARE,
    "sin_mascarilla": Group.BARE,
}


@dataclass(frozen=True)
class GroundTruthFace:
    """A face that is in a picture. box: None if it is not known where."""

    group: Group
    box: Box | None


@dataclass(frozen=True)
class AnnotatedImage:
    """A picture and its faces."""

    path: Path
    faces: tuple[GroundTruthFace, ...]


def read_annotated(folder: Path) -> list[AnnotatedImage]:
    """All pictures of a folder, in the order of their names.

    folder: has ``annotations/*.xml`` and ``images/``, or it has a folder for each class as for ``evaluate``; each
    picture then shows one person. Raises SourceError if it has neither, or if an annotation cannot be read.
    """
    annotations = sorted((folder / "annotations").glob("*.xml"))
    if annotations:
        return [_read_voc(file, folder / "images") for file in annotations]
    images = [AnnotatedImage(path, (GroundTruthFace(_group(name), None),)) for name, path in labelled_pictures(folder)]
    if not images:
        classes = ", ".join(FOLDERS)
        raise SourceError(str(folder), f"has neither annotations/*.xml nor pictures in folders {classes}")
    return images


def labelled_pictures(folder: Path) -> list[tuple[str, Path]]:
    """All pictures in the class folders (``FOLDERS``) of a folder: the class folder's name, and the file."""
    return [
        (name, path)
        for name in FOLDERS
        if (folder / name).is_dir()
        for path in sorted((folder / name).iterdir())
        if path.suffix.lower() in SUFFIXES
    ]


def _group(folder: str) -> Group:
    if folder == _BARE_FOLDER:
        return Group.BARE
    return Group.MASKED if FOLDERS[folder] is MaskClass.CORRECT else Group.INCORRECT


def _read_voc(file: Path, images: Path) -> AnnotatedImage:
    try:
        root = ElementTree.fromstring(regular_file.read(file, _MAX_BYTES, follow_link=True))
        faces = tuple(_face(node) for node in root.iter("object"))
        return AnnotatedImage(images / root.findtext("filename", ""), faces)
    except OSError as error:
        raise SourceError(str(file), f"cannot be read: {error.strerror}") from error
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise SourceError(str(file), f"is no annotation: {error}") from error


def _face(node: ElementTree.Element) -> GroundTruthFace:
    name = node.findtext("name", "")
    if name not in _GROUPS:
        raise ValueError(f"name {name!r} should be one of {', '.join(_GROUPS)}")
    left, top, right, bottom = (float(node.findtext(f"bndbox/{key}", "")) for key in ("xmin", "ymin", "xmax", "ymax"))
    if not (left < right < math.inf and top < bottom < math.inf):
        raise ValueError(f"box {left:g} {top:g} {right:g} {bottom:g} should go from left to right and downwards")
    return GroundTruthFace(_GROUPS[name], Box(left, top, right - left, bottom - top))
