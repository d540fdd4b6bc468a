"""The table of the photographs that are labelled by eye: ``real_photos/labels.csv`` in the data folder."""

from collections.abc import Mapping
from pathlib import Path

from binarycop.classes import LABELS
from binarycop.geometry import Box
from overlays import stored

FOLDER = "real_photos"
SPLITS = ("dev", "test")


def rows(data: Path) -> list[dict[str, str]]:
    """One row for each photograph, by column: ``file``, ``label``, ``split``, ``taken_from``, and the face's box.

    Raises ValueError with the line of a row whose label or split is unknown, FileNotFoundError without a table.
    """
    return stored.rows(data / FOLDER / "labels.csv", _row)


def _row(row: Mapping[str, str]) -> dict[str, str]:
    for column, allowed in (("split", SPLITS), ("label", LABELS)):
        if row[column] not in allowed:
            raise ValueError(f"{column} is {row[column]!r}, not one of {', '.join(allowed)}")
    return dict(row)


def taken_from(data: Path) -> set[str]:
    """The names, relative to the data folder, of the pictures that the photographs were made from."""
    return {row["taken_from"] for row in rows(data)}


def face_box(row: Mapping[str, str]) -> Box:
    """The face's box in the photograph of a row."""
    return Box(*(float(row[f"face_{name}"]) for name in ("x", "y", "w", "h")))
