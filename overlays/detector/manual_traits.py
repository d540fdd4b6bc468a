"""What somebody saw on faces that finding is measured on: beard, glasses, headgear. No data set has labels for these.

``manual_traits.csv`` has a row for each picture that was looked at, by its name relative to the data folder. A full
beard covers the chin; light is a moustache, a goatee or stubble. Four pictures of UTKFace show no face at all.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

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
    """The traits by the picture's name relative to the data folder."""
    with file.open(encoding="utf-8", newline="") as lines:
        return {
            row["picture"]: ManualTraits(
                row["is_face"] == "1", Beard(row["beard"]), row["glasses"] == "1", row["headgear"] == "1"
            )
            for row in csv.DictReader(lines)
        }
