"""What was looked at by eye: places where a finder saw a face and nobody had marked one.

``manual_labels.csv`` has a picture's name, a box in its pixels, and 1 for a face. Of the crowds that are learned from it
has what is a face and what is none (hands, bags, letters, backs of heads: YuNet takes most of them for faces, too); of
the others, on which thresholds are chosen and figures reported, only what is a face. What could not be told is not in
it, and counts as none.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from binarycop.geometry import Box

FILE = Path(__file__).with_name("manual_labels.csv")


@dataclass(frozen=True)
class ManualLabels:
    """Of one picture: boxes with a face, and boxes without."""

    faces: tuple[Box, ...] = ()
    not_faces: tuple[Box, ...] = ()


def read(file: Path = FILE) -> Mapping[str, ManualLabels]:
    """By the picture's name."""
    found: dict[str, ManualLabels] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            box = Box(*(float(row[f"{name}_px"]) for name in ("x", "y", "width", "height")))
            so_far = found.get(row["picture"], ManualLabels())
            if int(row["is_face"]):
                found[row["picture"]] = ManualLabels((*so_far.faces, box), so_far.not_faces)
            else:
                found[row["picture"]] = ManualLabels(so_far.faces, (*so_far.not_faces, box))
    return found
