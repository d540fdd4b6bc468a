"""The pictures that training may use: where each came from, who is on it, and which split that puts it in."""

import hashlib
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

_PICTURES = (".jpg", ".jpeg", ".png")
MASKED = "masked/"
"""How the identity of a face with a real mask begins."""
_HASH_NEAR = 6  # bits of 64 in which two pictures of one photograph may differ


class Split(Enum):
    """What a face is for. A face's identity is in one split only."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


@dataclass(frozen=True)
class Portrait:
    """One picture. name: its path relative to the data folder; identity: who is on it, as far as known."""

    name: str
    source: str
    identity: str
    split: Split


def bare(data: Path, *, noncommercial: bool = False) -> list[Portrait]:
    """All bare faces in the order of their names. ``noncommercial`` adds UTKFace."""
    folders = ["fairface540", "webmorph", "chandrikadeb7"] + (["utkface_nc"] if noncommercial else [])
    found = []
    for folder in folders:
        for path in _pictures(data / "unmasked" / folder):
            # 3dsk's faces lie among webmorph's; their licence is for education only.
            if folder == "webmorph" and path.name.startswith(("female_", "male_")):
                continue
            who = identity(folder, path.name)
            split = Split.TRAIN if who is None else split_of(f"{folder}/{who}")
            found.append(Portrait(str(path.relative_to(data)), folder, f"{folder}/{who or path.stem}", split))
    return found


def correctly_masked(data: Path) -> list[Portrait]:
    """Real faces with masks worn correctly, for training only: none that ``real_photos`` was taken from, nor its like.

    "Its like" is any picture whose difference hash is within a few bits of one in ``real_photos``.
    """
    labels = (data / "real_photos" / "labels.csv").read_text(encoding="utf-8").splitlines()[1:]
    taken = {line.split(",")[2] for line in labels}
    kept_out = np.array([_hash(path) for path in _pictures(data / "real_photos")])
    found = []
    for path in _pictures(data / "masked" / "chandrikadeb7"):
        name = str(path.relative_to(data))
        if name in taken or (_differing(kept_out, _hash(path)) <= _HASH_NEAR).any():
            continue
        found.append(Portrait(name, "chandrikadeb7 masked", MASKED + path.stem, Split.TRAIN))
    return found


def identity(folder: str, file: str) -> str | None:
    """Who is on a picture, by its file name; None where the name does not say (such pictures only train)."""
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
    """Four fifths train, a tenth each validates and tests; by a hash of the identity, so that it never moves."""
    place = int.from_bytes(hashlib.sha256(who.encode()).digest()[:4], "big") / 2**32
    return Split.TRAIN if place < 0.8 else Split.VAL if place < 0.9 else Split.TEST


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in _PICTURES)


def _hash(path: Path) -> NDArray[np.bool_]:
    """Which of 8×9 neighbouring cells are brighter, (64,): alike for copies of one photograph at any size."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.asarray((small[:, 1:] > small[:, :-1]).ravel())


def _differing(many: NDArray[np.bool_], one: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.asarray((many != one).sum(axis=1))
