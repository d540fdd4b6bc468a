"""Reads pictures whose faces are known: PASCAL VOC's layout with boxes, or one folder for each class."""

import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from pathlib import Path, PureWindowsPath
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from binarycop import regular_file
from binarycop.classes import FOLDERS, MaskClass
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.evaluation.labelled import FolderReader, entries, labelled_pictures
from binarycop.evaluation.omissions import Omissions, Reason
from binarycop.frames.image import read_picture
from binarycop.frames.picture_files import FileKind, kind_of
from binarycop.geometry import Box

_BARE_FOLDER = "no_mask"
_MAX_BYTES = 1 << 20  # of an annotation; it has about 1 KB
_VOC_FOLDERS = (("annotations", "images"), ("Annotations", "JPEGImages"))


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
    """A picture and its faces. size_px: its width and height as the annotation states them; None if it does not."""

    path: Path
    faces: tuple[GroundTruthFace, ...]
    size_px: tuple[int, int] | None = None


def read_annotated(folder: Path, omissions: Omissions) -> list[AnnotatedImage]:
    """All pictures of a folder, in the order of their names.

    folder: has ``annotations/*.xml`` and ``images/``, or VOC's own ``Annotations/*.xml`` and ``JPEGImages/``; or it has
    a folder for each class as for ``evaluate``, and each picture shows one person. omissions: gets all other files, and
    the annotations that cannot be right. Raises SourceError if there is no such folder, or no picture remains.
    """
    for annotations, images in _VOC_FOLDERS:
        if os.path.isdir(folder / annotations) and any(map(_is_xml, entries(folder / annotations))):
            return _read_voc(folder, folder / annotations, folder / images, omissions)
    try:
        labelled = labelled_pictures(folder, omissions)
    except SourceError as error:
        reason = error.reason.replace("has no pictures", "has neither annotations/*.xml nor pictures", 1)
        raise SourceError(str(folder), reason) from error
    return [AnnotatedImage(path, (GroundTruthFace(_group(name), None),)) for name, path in labelled]


def decoded(
    images: Iterable[AnnotatedImage], folder: Path, omissions: Omissions
) -> Iterator[tuple[tuple[GroundTruthFace, ...], NDArray[np.uint8]]]:
    """The faces and pixels of each picture, (H, W, 3) uint8 BGR.

    omissions: gets the pictures that cannot be decoded, or to which their boxes do not belong. folder: its names are
    relative to this.
    """
    for image in images:
        name = str(image.path.relative_to(folder))
        try:
            pixels = read_picture(image.path)
        except UndecodableFrame as error:
            omissions.add(Reason.UNDECODABLE, f"{name} {error.reason}")
            continue
        problem = _mismatch(image, pixels.shape[1], pixels.shape[0])
        if problem:
            omissions.add(Reason.BAD_ANNOTATION, f"{name} {problem}")
        else:
            yield image.faces, pixels


def _group(folder: str) -> Group:
    if folder == _BARE_FOLDER:
        return Group.BARE
    return Group.MASKED if FOLDERS[folder] is MaskClass.CORRECT else Group.INCORRECT


def _is_xml(file: Path) -> bool:
    return file.suffix.lower() == ".xml" and kind_of(file.name) is not FileKind.SYSTEM


def _read_voc(folder: Path, annotations: Path, images: Path, omissions: Omissions) -> list[AnnotatedImage]:
    found: dict[Path, AnnotatedImage] = {}
    unusable = set()
    for file in entries(annotations):
        name = str(file.relative_to(folder))
        if not _is_xml(file):
            is_system = kind_of(file.name) is FileKind.SYSTEM
            omissions.add(Reason.SYSTEM if is_system else Reason.NOT_ANNOTATION, name)
            continue
        try:
            image = _read_annotation(file, images)
        except ValueError as error:
            omissions.add(Reason.BAD_ANNOTATION, f"{name}: {error}")
            unusable.add(file.stem)
            continue
        picture = image.path.relative_to(folder)
        if not os.path.lexists(image.path):
            omissions.add(Reason.NO_PICTURE, f"{name} ({picture})")
        elif image.path in found:
            omissions.add(Reason.BAD_ANNOTATION, f"{name}: another one is of {picture} too")
        elif kind_of(image.path.name) is FileKind.PICTURE:
            found[image.path] = image
    # Files of any other kind are left out here.
    for path in FolderReader(folder, omissions).pictures(images):
        if path not in found and path.stem not in unusable:
            omissions.add(Reason.NO_ANNOTATION, str(path.relative_to(folder)))
    if not found:
        raise SourceError(str(folder), f"has no {annotations.name}/*.xml of a picture in {images.name}/")
    return list(found.values())


def _read_annotation(file: Path, images: Path) -> AnnotatedImage:
    """Raises ValueError with what is wrong in it."""
    try:
        root = ElementTree.fromstring(regular_file.read(file, _MAX_BYTES, follow_link=True))
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    except (ElementTree.ParseError, LookupError) as error:
        raise ValueError(f"is no XML: {error}") from error
    if root.tag != "annotation":
        raise ValueError(f"begins with {root.tag!r}, which should be 'annotation'")
    # The path is from the machine where it was written, which may have run Windows.
    name = PureWindowsPath(root.findtext("filename", "").strip()).name
    if not name:
        raise ValueError("has no filename")
    faces = tuple(_face(node) for node in root.iter("object"))
    width_px, height_px = (int(_number(root, f"size/{key}", "0")) for key in ("width", "height"))
    return AnnotatedImage(images / name, faces, (width_px, height_px) if width_px and height_px else None)


def _face(node: ElementTree.Element) -> GroundTruthFace:
    name = node.findtext("name", "").strip()
    if name not in _GROUPS:
        alike = get_close_matches(name.lower().replace(" ", "_"), _GROUPS, 1)
        raise ValueError(f"name {name!r} should be {alike[0] if alike else 'one of ' + ', '.join(_GROUPS)}")
    left, top, right, bottom = (_number(node, f"bndbox/{key}") for key in ("xmin", "ymin", "xmax", "ymax"))
    box = f"box {left:g} {top:g} {right:g} {bottom:g}"
    if not (left < right and top < bottom):
        raise ValueError(f"{box} should go from left to right and downwards")
    if right - left < 1 or bottom - top < 1:
        raise ValueError(f"{box} is smaller than a pixel; boxes are in pixels, not in shares of the picture")
    return GroundTruthFace(_GROUPS[name], Box(left, top, right - left, bottom - top))


def _number(node: ElementTree.Element, path: str, default: str = "") -> float:
    text = node.findtext(path, default)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{path} is {text!r}, which should be a number")
    return number


def _mismatch(image: AnnotatedImage, width_px: int, height_px: int) -> str | None:
    """Why the boxes cannot be those of a picture of this size."""
    if image.size_px not in (None, (width_px, height_px)):
        return f"has {width_px}×{height_px} pixels, and its annotation is of {'×'.join(map(str, image.size_px or ()))}"
    for face in image.faces:
        if face.box is not None:
            x_px, y_px = face.box.centre
            if not (0 <= x_px <= width_px and 0 <= y_px <= height_px):
                return f"has {width_px}×{height_px} pixels, and a box around {x_px:g}, {y_px:g}"
    return None
