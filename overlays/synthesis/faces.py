"""The pictures of the data folder that may be used: source, identity, and the split that follows from the identity."""

import hashlib
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from overlays import pictures
from overlays.synthesis import real_photos
from overlays.synthesis.near_duplicates import Duplicates

_VAL, _TEST = 0.1, 0.1
_TEST_SHARES = {
    "fairface540": _TEST, "webmorph": _TEST, "chandrikadeb7": _TEST,
    # A larger share of these is held out: a test set needs some 400 people, and the three above give 58.
    "sfhq_t2i": 0.18, "faker_synthetic": 0.18, "us_congress": 0.18,
}  # fmt: skip
"""The folders with bare faces, and the share of their people that is held out for the test set."""
MASKED = "masked/"
"""Prefix of the identity of a face with a real mask."""


class Split(Enum):
    """What a picture is used for. All pictures of one identity are in the same split."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


@dataclass(frozen=True)
class Portrait:
    """A picture of one person. name: its path relative to the data folder; identity: the person, as far as known."""

    name: str
    source: str
    identity: str
    split: Split


def bare(data: Path, *, noncommercial: bool = False) -> list[Portrait]:
    """All faces without a mask, in the order of their names. ``noncommercial`` adds UTKFace."""
    found = []
    for folder in (*_TEST_SHARES, *(["utkface_nc"] if noncommercial else [])):
        for path in pictures.in_folder(data / "unmasked" / folder):
            # The folder webmorph also contains faces of 3dsk, which are licensed for education only.
            if folder == "webmorph" and path.name.startswith(("female_", "male_")):
                continue
            who = identity(folder, path.name)
            split = Split.TRAIN if who is None else split_of(f"{folder}/{who}", test=_TEST_SHARES.get(folder, _TEST))
            found.append(Portrait(str(path.relative_to(data)), folder, f"{folder}/{who or path.stem}", split))
    return found


def correctly_masked(data: Path) -> list[Portrait]:
    """Faces with a real, correctly worn mask, for training only.

    Pictures that ``real_photos`` was made from are left out, and so are near-duplicates of its pictures.
    """
    taken = real_photos.taken_from(data)
    photographs = Duplicates.of(pictures.in_folder(data / real_photos.FOLDER))
    found = []
    for path in pictures.in_folder(data / "masked" / "chandrikadeb7"):
        name = str(path.relative_to(data))
        if name in taken or photographs.contain(path):
            continue
        found.append(Portrait(name, "chandrikadeb7 masked", MASKED + path.stem, Split.TRAIN))
    return found


def identity(folder: str, file: str) -> str | None:
    """The identity in a picture's file name; None if the name has none (such pictures are only used for training)."""
    stem = Path(file).stem
    if folder in ("fairface540", "sfhq_t2i", "faker_synthetic", "us_congress"):
        return stem  # each picture shows another person
    if folder == "webmorph":
        numbered = re.fullmatch(r"(?:neutral|smiling)_front_(\d+)_\d+", stem)
        return numbered[1] if numbered else stem
    if folder == "chandrikadeb7":
        named = re.fullmatch(r"\d+_\d+_([a-z]+)_\d+", stem)
        return named[1] if named else None
    return None


def split_of(who: str, *, test: float = _TEST) -> Split:
    """The split of an identity: 10 % validation, a share ``test`` for the test, the others training.

    A hash of the identity decides, so the split never changes.
    """
    position = int.from_bytes(hashlib.sha256(who.encode()).digest()[:4], "big") / 2**32
    if position >= 1 - test:
        return Split.TEST
    return Split.VAL if position >= 1 - test - _VAL else Split.TRAIN
