"""Writes the file that a command was asked for."""

from pathlib import Path

from binarycop import atomic
from binarycop.errors import OutputError


def write(file: Path, text: str, mode: int = 0o644) -> None:
    """Write the file as a whole, in UTF-8. mode: its permissions. Raises OutputError."""
    try:
        atomic.write_file(file, text.encode(errors="replace"), mode)
    except OSError as error:
        raise OutputError(file, error.strerror or str(error)) from error
