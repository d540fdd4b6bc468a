"""Reads a file that may be anything: a device, a pipe without a writer, a link, or a file without an end.

Only a regular file is opened, and never more than a stated number of bytes is read, whatever size the file has.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

_CHUNK_BYTES = 1 << 20
_LINK, _KIND = "it is a symbolic link, not the file itself", "it is not a regular file"


def read(path: Path, most_bytes: int, *, follow_link: bool = False) -> bytes:
    """The content of a regular file. Raises OSError, also if the file is larger than ``most_bytes``."""
    return b"".join(chunks(path, most_bytes, follow_link=follow_link))


def chunks(path: Path, most_bytes: int, *, follow_link: bool = False) -> Iterator[bytes]:
    """The content of a regular file in parts of at most 1 MiB. Raises OSError as ``read`` does."""
    left = most_bytes
    with _opened(path, follow_link) as file:
        # One byte more than allowed, so that a file that grows while it is read is noticed.
        while chunk := file.read(min(_CHUNK_BYTES, left + 1)):
            if len(chunk) > left:
                raise OSError(errno.EFBIG, f"it is larger than {most_bytes} bytes", str(path))
            left -= len(chunk)
            yield chunk


@contextmanager
def _opened(path: Path, follow_link: bool) -> Iterator[FileIO]:
    try:
        # Before it is opened, since opening a device can have an effect; and again afterwards, in case it was
        # exchanged.
        _check(os.stat(path, follow_symlinks=follow_link), path)
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY | (0 if follow_link else os.O_NOFOLLOW)
        with open(os.open(path, flags), "rb", buffering=0) as file:
            _check(os.fstat(file.fileno()), path)
            yield file
    except ValueError as error:  # a path that no file can have, such as one with a zero byte
        raise OSError(errno.EINVAL, str(error), str(path)) from error


def _check(status: os.stat_result, path: Path) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, _LINK, str(path))
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, _KIND, str(path))
