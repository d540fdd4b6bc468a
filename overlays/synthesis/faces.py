"""The pictures of the data folder that may be used: source, identity, and the split that follows from the identity."""

import hashlib
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from overlays.synthesis import real_photos
from overlays.synthesis.near_duplicates import Duplicates

_PICTURES = (".jpg", ".jpeg", ".png")
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
    folders = ["fairface540", "webmorph", "chandrikadeb7"] + (["utkface_nc"] if noncommercial else [])
    found = []
    for folder in folders:
        for path in _pictures(data / "unmasked" / folder):
            # The folder webmorph also contains faces of 3dsk, which are licensed for education only.
            if folder == "webmorph" and path.name.startswith(("female_", "male_")):
                continue
            who = identity(folder, path.name)
            split = Split.TRAIN if who is None else split_of(f"{folder}/{who}")
            found.append(Portrait(str(path.relative_to(data)), folder, f"{folder}/{who or path.stem}", split))
    return found


def correctly_masked(data: Path) -> list[Portrait]:
    """Faces with a real, correctly worn mask, for training only.

    Pictures that ``real_photos`` was made from are left out, and so are near-duplicates of its pictures.
    """
    taken = real_photos.taken_from(data)
    photographs = Duplicates.of(_pictures(data / real_photos.FOLDER))
    found = []
    for path in _pictures(data / "masked" / "chandrikadeb7"):
        name = str(path.relative_to(data))
        if name in taken or photographs.contain(path):
            continue
        found.append(Portrait(name, "chandrikadeb7 masked", MASKED + path.stem, Split.TRAIN))
    return found


def identity(folder: str, file: str) -> str | None:
    """The identity in a picture's file name; None if the name has none (such pictures are only used for training)."""
    stem = Path(file).stem
    if folder == "fairface540":
        return stem
    if folder == "webmorph":
        numbered = re.fullmatch(r"(?:neutral|smiling)_front_(\d+)_\d+", stem)
        return numbered[1] if numbered else stem
    if folder == "chandrikadeb7":
        named = re.fullmatch(r"\d+_\d+_([a-z]+)_\d+", stem)
        return named[1] if named else None
    return None


def split_of(who: str) -> Split:
    """80 % train, 10 % validation, 10 % test. A hash of the identity decides, so the split never changes."""
    position = int.from_bytes(hashlib.sha256(who.encode()).digest()[:4], "big") / 2**32
    return Split.TRAIN if position < 0.8 else Split.VAL if position < 0.9 else Split.TEST


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in _PICTURES)
