"""The table of the photographs that are labelled by eye: ``real_photos/labels.csv`` in the data folder."""

import csv
from collections.abc import Mapping
from pathlib import Path

from binarycop.geometry import Box

FOLDER = "real_photos"


def rows(data: Path) -> list[dict[str, str]]:
    """One row for each photograph, by column: ``file``, ``label``, ``split``, ``taken_from``, and the face's box."""
    with (data / FOLDER / "labels.csv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def taken_from(data: Path) -> set[str]:
    """The names, relative to the data folder, of the pictures that the photographs were made from."""
    return {row["taken_from"] for row in rows(data)}


def face_box(row: Mapping[str, str]) -> Box:
    """The face's box in the photograph of a row."""
    return Box(*(float(row[f"face_{name}"]) for name in ("x", "y", "w", "h")))
