"""Traits, labelled by eye, of faces that detectors are measured on: beard, glasses, headgear. No data set has them.

``manual_traits.csv`` has a row for each picture that was looked at, by its name relative to the data folder. A full
beard covers the chin; light is a moustache, a goatee or stubble. Four pictures of UTKFace show no face at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from overlays import stored

FILE = Path(__file__).with_name("manual_traits.csv")


class Beard(Enum):
    """How much of a beard a face has."""

    NONE = "none"
    LIGHT = "light"
    FULL = "full"


@dataclass(frozen=True)
class ManualTraits:
    """The traits of the face in one picture."""

    is_face: bool
    beard: Beard
    glasses: bool
    headgear: bool


def read(file: Path = FILE) -> Mapping[str, ManualTraits]:
    """The traits by the picture's name relative to the data folder. Raises ValueError with the line of a wrong row."""
    return dict(stored.rows(file, _row))


def _row(row: Mapping[str, str]) -> tuple[str, ManualTraits]:
    is_face, glasses, headgear = (stored.flag(row[name]) for name in ("is_face", "glasses", "headgear"))
    return row["picture"], ManualTraits(is_face, Beard(row["beard"]), glasses, headgear)
