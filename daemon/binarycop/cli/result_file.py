"""Writes the file that a command was asked for."""

import errno
from pathlib import Path

from binarycop import atomic
from binarycop.errors import OutputError


def write(file: Path, text: str, mode: int = 0o644) -> None:
    """Write the file as a whole, in UTF-8. mode: its permissions.

    Raises OutputError, also if it is a link: root would replace /dev/stdout by a file.
    """
    try:
        if file.is_symlink():
            raise OSError(errno.ELOOP, "it is a symbolic link, not the file itself", str(file))
        atomic.write_file(file, text.encode(errors="replace"), mode)
    except OSError as error:
        raise OutputError(file, error.strerror or str(error)) from error
