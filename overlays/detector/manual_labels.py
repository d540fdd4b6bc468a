"""Labels made by eye for boxes that a detector found and that the data set does not annotate.

Each row of ``manual_labels.csv`` has a picture's name, a box in its pixels, and 1 for a face. For training pictures it
also has boxes that show no face (hands, bags, letters, backs of heads: YuNet takes most of them for faces, too). For
validation and report pictures it has faces only. Doubtful boxes are left out, and so they count as no face.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from binarycop.geometry import Box
from overlays import stored

FILE = Path(__file__).with_name("manual_labels.csv")


@dataclass(frozen=True)
class ManualLabels:
    """The labels of one picture: boxes with a face, and boxes without one."""

    faces: tuple[Box, ...] = ()
    not_faces: tuple[Box, ...] = ()


def read(file: Path = FILE) -> Mapping[str, ManualLabels]:
    """The labels by picture name. Raises ValueError with the line of a wrong row."""
    found: dict[str, ManualLabels] = {}
    for picture, box, is_face in stored.rows(file, _row):
        known = found.get(picture, ManualLabels())
        if is_face:
            found[picture] = ManualLabels((*known.faces, box), known.not_faces)
        else:
            found[picture] = ManualLabels(known.faces, (*known.not_faces, box))
    return found


def _row(row: Mapping[str, str]) -> tuple[str, Box, bool]:
    box = Box(*(float(row[f"{name}_px"]) for name in ("x", "y", "width", "height")))
    return row["picture"], box, stored.flag(row["is_face"])
