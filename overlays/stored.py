"""Reads tables and arrays that these tools or a person wrote; an error names the file, and the line or the array."""

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Row = TypeVar("Row")


def rows(file: Path, convert: Callable[[Mapping[str, str]], Row]) -> list[Row]:
    """The rows of a CSV file that begins with the columns' names, each converted.

    convert: raises KeyError or ValueError for a wrong row. Raises ValueError with the line of such a row.
    """
    found = []
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        for row in reader:
            try:
                found.append(convert(row))
            except KeyError as error:
                raise ValueError(f"{file}, line {reader.line_num}: the column {error} is missing") from error
            except (TypeError, ValueError) as error:
                raise ValueError(f"{file}, line {reader.line_num}: {error}") from error
    return found


def flag(text: str) -> bool:
    """A flag from a table, 0 or 1. Raises ValueError for anything else."""
    if text not in ("0", "1"):
        raise ValueError(f"{text!r} should be 0 or 1")
    return text == "1"


def arrays(file: Path, names: Iterable[str]) -> dict[str, NDArray[np.generic]]:
    """The named arrays of an .npz file. Raises ValueError if one is missing or broken, FileNotFoundError without it."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in names}
    except KeyError as error:
        raise ValueError(f"{file} lacks an array: {error}; make the file again") from error
    except (BadZipFile, EOFError, ValueError) as error:
        raise ValueError(f"{file} is no complete .npz file: {error}; make it again") from error
