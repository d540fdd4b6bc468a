"""Which annotated pictures the finder may learn from, and which it is judged by.

A picture of ``detection/kaggle853`` is in the training half where the SHA-256 of its file name without suffix, read
as a share of 1, is below 0.62, and ``real_photos`` was not taken from it: all of those are in the reported half (the
0.62 makes up for them). Of the training half, what looks like any picture of the reported half or of ``real_photos``
is left out, and a sixth only validates: the threshold is chosen on it.
"""

import hashlib
from enum import Enum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.evaluation.annotated import AnnotatedImage, read_annotated

KAGGLE = Path("detection") / "kaggle853"
_TRAINING, _VALIDATING = 0.62, 1 / 6
_NEAR = 6  # bits of 64 in which two pictures of one photograph may differ


class Part(Enum):
    """What an annotated picture is for."""

    FIT = "fit"
    VALIDATE = "validate"
    REPORT = "report"


def annotated(data: Path, part: Part) -> list[AnnotatedImage]:
    """The pictures of one part. Raises SourceError where the data folder lacks them."""
    taken = taken_from(data)
    whole = read_annotated(data / KAGGLE)
    parts = {one.path: part_of(one.path.stem, is_taken=f"{KAGGLE}/images/{one.path.name}" in taken) for one in whole}
    chosen = [one for one in whole if parts[one.path] is part]
    if part is Part.REPORT:
        return chosen
    reported = reported_hashes(data, [path for path, where in parts.items() if where is Part.REPORT])
    return [one for one in chosen if not is_near_duplicate(reported, one.path)]


def part_of(stem: str, *, is_taken: bool) -> Part:
    """The rule above."""
    digest = hashlib.sha256(stem.encode()).digest()
    place, again = (int.from_bytes(digest[at : at + 4], "big") / 2**32 for at in (0, 4))
    if is_taken or place >= _TRAINING:
        return Part.REPORT
    return Part.VALIDATE if again < _VALIDATING else Part.FIT


def reported_paths(data: Path) -> list[Path]:
    """The pictures of the reported half."""
    return [one.path for one in annotated(data, Part.REPORT)]


def taken_from(data: Path) -> set[str]:
    """The names, relative to the data folder, of the pictures that ``real_photos`` was cut from."""
    lines = (data / "real_photos" / "labels.csv").read_text(encoding="utf-8").splitlines()
    column = lines[0].split(",").index("taken_from")
    return {line.split(",")[column] for line in lines[1:]}


def reported_hashes(data: Path, reported: list[Path]) -> NDArray[np.bool_]:
    """Hashes of everything that figures are reported on, (N, 64)."""
    photos = sorted((data / "real_photos").rglob("*.jpg"))
    return np.array([_hash(path) for path in [*reported, *photos]])


def is_near_duplicate(hashes: NDArray[np.bool_], path: Path) -> bool:
    """Whether a picture is a copy of one of those, at whatever size."""
    return bool(((hashes != _hash(path)).sum(axis=1) <= _NEAR).any())


def _hash(path: Path) -> NDArray[np.bool_]:
    """Which of 8×9 neighbouring cells are brighter, (64,)."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.asarray((small[:, 1:] > small[:, :-1]).ravel())
