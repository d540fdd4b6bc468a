"""The split of the annotated pictures and of the empty scenes: for training, for choosing, and for reported metrics.

A picture of ``detection/kaggle853`` is for training if ``real_photos`` was not made from it and the SHA-256 of its file
name without suffix, as a fraction of 1, is below 0.62. All others are reported on; 0.62 makes up for the pictures that
``real_photos`` was made from. A sixth of the training pictures is for validation. Pictures that look like one of the
reported ones, or of ``real_photos``, are not used.

Of the scenes without people, half are for training, a fifth is for validation, and the rest is reported on. Twenty with
consecutive numbers stay together, since those next to each other often show one place.
"""

import hashlib
from enum import Enum
from pathlib import Path

from binarycop.evaluation.annotated import AnnotatedImage, read_annotated
from binarycop.evaluation.omissions import Omissions
from overlays import pictures
from overlays.synthesis import real_photos
from overlays.synthesis.near_duplicates import Duplicates

KAGGLE = Path("detection") / "kaggle853"
EMPTY = "empty"
_TRAINING, _VALIDATION = 0.62, 1 / 6
_EMPTY_TRAINING, _EMPTY_VALIDATION, _EMPTY_BLOCK = 0.5, 0.2, 20


class Part(Enum):
    """What an annotated picture is used for."""

    FIT = "fit"
    VALIDATE = "validate"
    REPORT = "report"


def annotated(data: Path, part: Part) -> list[AnnotatedImage]:
    """The pictures of one part. Raises SourceError if the data folder lacks some of them."""
    every, parts = _read(data)
    chosen = [picture for picture in every if parts[picture.path] is part]
    if part is Part.REPORT:
        return chosen
    reported = reported_pictures(data)
    return [picture for picture in chosen if not reported.contain(picture.path)]


def empty(data: Path, part: Part) -> list[Path]:
    """The scenes without people of one part; none if the data folder lacks them."""
    return [path for path in pictures.in_folder(data / EMPTY) if empty_part_of(path.stem) is part]


def empty_part_of(stem: str) -> Part:
    """The part of a scene without people. stem: its file name without suffix, which ends with a number."""
    folder, number = stem.rsplit("_", 1)
    block = f"{folder}/{int(number) // _EMPTY_BLOCK}"
    position = int.from_bytes(hashlib.sha256(block.encode()).digest()[:4], "big") / 2**32
    if position < _EMPTY_TRAINING:
        return Part.FIT
    return Part.VALIDATE if position < _EMPTY_TRAINING + _EMPTY_VALIDATION else Part.REPORT


def reported_pictures(data: Path) -> Duplicates:
    """All pictures that metrics are reported on, to recognise their copies."""
    _, parts = _read(data)
    photographs = pictures.in_folder(data / real_photos.FOLDER)
    return Duplicates.of([*(path for path, part in parts.items() if part is Part.REPORT), *photographs])


def _read(data: Path) -> tuple[list[AnnotatedImage], dict[Path, Part]]:
    omissions = Omissions()
    every, taken = read_annotated(data / KAGGLE, omissions), real_photos.taken_from(data)
    omissions.refuse(str(data / KAGGLE))
    return every, {
        picture.path: part_of(picture.path.stem, is_taken=f"{KAGGLE}/images/{picture.path.name}" in taken)
        for picture in every
    }


def part_of(stem: str, *, is_taken: bool) -> Part:
    """The part of a picture. stem: its file name without suffix; is_taken: ``real_photos`` was made from it."""
    digest = hashlib.sha256(stem.encode()).digest()
    training, validation = (int.from_bytes(digest[at : at + 4], "big") / 2**32 for at in (0, 4))
    if is_taken or training >= _TRAINING:
        return Part.REPORT
    return Part.VALIDATE if validation < _VALIDATION else Part.FIT
