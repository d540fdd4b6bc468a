"""The split of the annotated pictures: for training, for choosing a threshold, and for reported metrics.

A picture of ``detection/kaggle853`` is for training if ``real_photos`` was not made from it and the SHA-256 of its file
name without suffix, as a fraction of 1, is below 0.62. All others are reported on; 0.62 makes up for the pictures that
``real_photos`` was made from. A sixth of the training pictures is for validation. Pictures that look like one of the
reported ones, or of ``real_photos``, are not used.
"""

import hashlib
from enum import Enum
from pathlib import Path

from binarycop.evaluation.annotated import AnnotatedImage, read_annotated
from binarycop.evaluation.omissions import Omissions
from overlays.synthesis import real_photos
from overlays.synthesis.near_duplicates import Duplicates

KAGGLE = Path("detection") / "kaggle853"
_TRAINING, _VALIDATION = 0.62, 1 / 6


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


def reported_pictures(data: Path) -> Duplicates:
    """All pictures that metrics are reported on, to recognise their copies."""
    _, parts = _read(data)
    photographs = sorted((data / real_photos.FOLDER).rglob("*.jpg"))
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
