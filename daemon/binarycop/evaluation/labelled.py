"""Labelled pictures: one folder for each class, which may have subfolders."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from binarycop.classes import FOLDERS
from binarycop.errors import SourceError
from binarycop.evaluation.omissions import Omissions, Reason
from binarycop.frames.picture_files import FileKind, kind_of

_MIN_SIMILARITY = 0.8  # of two names; "incorrect" is this similar to "correct", but begins with another letter
_MAX_COUNTED = 100_000  # somebody may give / by mistake
_REASONS = {
    FileKind.UNREAD: Reason.UNREAD_FORMAT,
    FileKind.OTHER: Reason.NOT_A_PICTURE,
    FileKind.SYSTEM: Reason.SYSTEM,
}


def labelled_pictures(folder: Path, omissions: Omissions) -> list[tuple[str, Path]]:
    """All pictures in the class folders (``FOLDERS``) of a folder: the class folder's name, and the file.

    They are in the order of the classes, then of their names, those of a subfolder after those beside it. Links are
    followed, but not to a folder that they are in, and each folder is read once. All other files go to ``omissions``: a
    folder with another name has no class, however much it looks like one. Raises SourceError if there is no such
    folder, or it has no picture.
    """
    reader = FolderReader(folder, omissions)
    top = entries(folder)
    pictures = [
        (name, path)
        for name in FOLDERS
        if folder / name in top and os.path.isdir(folder / name)
        for path in reader.pictures(folder / name, name)
    ]
    for path in top:
        if kind_of(path.name) is FileKind.PICTURE and not os.path.isdir(path):
            omissions.add(Reason.LOOSE, path.name)
        elif kind_of(path.name) is FileKind.SYSTEM or not os.path.isdir(path):
            omissions.add(_REASONS[kind_of(path.name)], path.name)
        elif path.name not in FOLDERS:
            reader.leave_out(path, Reason.NO_CLASS)
    if not pictures:
        raise SourceError(str(folder), f"has no pictures in folders {', '.join(FOLDERS)}{_advice(folder, top)}")
    return pictures


def entries(folder: Path) -> list[Path]:
    """What is in a folder, by name. Raises SourceError if it is no folder or cannot be listed."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        reason = {FileNotFoundError: "does not exist", NotADirectoryError: "is not a folder"}.get(type(error))
        raise SourceError(str(folder), reason or f"cannot be listed: {error.strerror}") from error


def class_alike(name: str) -> str | None:
    """The class folder that somebody may have meant by this name; None if it is like no class."""
    words = _in_our_spelling(name)
    alike = get_close_matches(words, FOLDERS, 1, _MIN_SIMILARITY)
    return alike[0] if alike and alike[0][0] == words[0] else None


def _in_our_spelling(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


class FolderReader:
    """Finds the pictures in folders below a root, each folder once, so that links in a circle have an end."""

    def __init__(self, root: Path, omissions: Omissions) -> None:
        self._root, self._omissions = root, omissions
        self._seen: set[tuple[int, int]] = set()

    def pictures(self, folder: Path, label: str | None = None) -> Iterator[Path]:
        """The pictures of a folder and its subfolders. label: its class; a subfolder of another one is left out."""
        waiting = [folder]
        while waiting:
            folder = waiting.pop()
            if self._leads_up(folder):
                continue
            try:
                status, inside = folder.stat(), sorted(folder.iterdir())
            except OSError as error:
                self._omissions.add(Reason.NO_ACCESS, f"{self._name(folder)} ({error.strerror})")
                continue
            if (status.st_dev, status.st_ino) in self._seen:
                self._omissions.add(Reason.READ_BEFORE, self._name(folder))
                continue
            self._seen.add((status.st_dev, status.st_ino))
            folders = []
            for path in inside:
                kind = kind_of(path.name)
                if kind is not FileKind.SYSTEM and os.path.isdir(path):
                    folders.append(path)
                elif kind is FileKind.PICTURE:
                    yield path
                else:
                    self._omissions.add(_REASONS[kind], self._name(path))
            for path in reversed(folders):
                name = _in_our_spelling(path.name)
                if label and name in FOLDERS and name != label:
                    self.leave_out(path, Reason.OTHER_CLASS)
                else:
                    waiting.append(path)

    def leave_out(self, folder: Path, reason: Reason) -> None:
        """Count the files of a folder that is not read, those of its subfolders too."""

        def refused(error: OSError) -> None:
            self._omissions.add(Reason.NO_ACCESS, f"{self._name(Path(error.filename))} ({error.strerror})")

        if self._leads_up(folder):
            return
        found = (file for _, _, files in os.walk(folder, onerror=refused) for file in files)
        count = sum(kind_of(file) is not FileKind.SYSTEM for file in islice(found, _MAX_COUNTED))
        if count:
            alike = class_alike(folder.name)
            meant = f"; a class is named {alike}" if alike and reason is Reason.NO_CLASS else ""
            self._omissions.add(reason, f"{self._name(folder)} ({count}{meant})", count)

    def _leads_up(self, folder: Path) -> bool:
        """Whether it is a link to a folder that it is in itself: that has pictures of other classes. Leaves it out."""
        is_up = (
            folder != self._root and folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())
        )
        if is_up:
            self._omissions.add(Reason.LINK_UP, self._name(folder))
        return is_up

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._root))


def _advice(folder: Path, top: list[Path]) -> str:
    name = folder.resolve().name
    if name in FOLDERS:
        return f"; it is named {name} itself: give the folder above it"
    inner = next((path for path in top if any(os.path.isdir(path / name) for name in FOLDERS)), None)
    return f"; {inner} has them" if inner else ""
