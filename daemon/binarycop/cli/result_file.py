"""Writes the file that a command was asked for."""

import errno
import os
from pathlib import Path

from binarycop import atomic
from binarycop.errors import OutputError


def write(file: Path, text: str, mode: int = 0o644) -> None:
    """Write the file as a whole, in UTF-8. mode: its permissions.

    Raises OutputError, also if it is a link, a pipe or a device: root would replace /dev/null by a file.
    """
    try:
        if file.is_symlink():
            raise OSError(errno.ELOOP, "it is a symbolic link, not the file itself", str(file))
        if file.exists() and not file.is_file():
            raise OSError(errno.EINVAL, "it is not a regular file", str(file))
        atomic.write_file(file, text.encode(errors="replace"), mode)
    except OSError as error:
        raise OutputError(file, error.strerror or str(error)) from error


def problem(file: Path) -> str:
    """Why ``write`` could not write this file, for a command that works for minutes first; empty if it could now."""
    try:
        if not file.parent.is_dir():
            return f"there is no folder {file.parent}"
        if file.is_symlink() or (file.exists() and not file.is_file()):
            return f"{file} is not a regular file"
    except OSError as error:
        return f"{file}: {error.strerror}"
    return "" if os.access(file.parent, os.W_OK) else f"no file can be written to the folder {file.parent}"
