"""Replaces files and links atomically: after a power cut there is either the old one or the new one.

The new one is written under a hidden name in the same folder, synced to the disk, and renamed. Folders are written in
the same way, but a folder that is replaced is missing for a moment.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def write_file(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file. Raises OSError.

    A link, a pipe or a device at ``path`` is replaced, so what another user left there does no harm. A link that has
    the hidden name is never followed.
    mode: the file's permissions, independent of the umask. None: the umask decides.
    """
    new = _hidden(path)
    new.unlink(missing_ok=True)
    try:
        with new.open("xb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        # On a full disk, a partly written file would keep the space.
        with suppress(OSError):
            new.unlink()
        raise
    _sync(path.parent)


def write_link(link: Path, target: str) -> None:
    """Make a symbolic link, or point it to another target. Raises OSError."""
    new = _hidden(link)
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)
    _sync(link.parent)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to write files into. It replaces ``target`` when the block ends, unless it ends with an exception.

    Raises OSError. ``target`` is never there with only some of its files.
    """
    new = _hidden(target)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        yield new
        for file in new.iterdir():
            _sync(file)
        _sync(new)
        shutil.rmtree(target, ignore_errors=True)
        new.rename(target)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    _sync(target.parent)


def _hidden(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
