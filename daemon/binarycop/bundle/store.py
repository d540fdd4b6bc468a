"""The bundles of a board: versions side by side, one of each name in use, and a way back to one that has worked.

Below the root (/var/lib/binarycop on a board):

    bundles/NAME            a symbolic link to the version in use; swapped by rename, so never half there
    versions/NAME/VERSION/  each version whole, named after its manifest's version and hash
    proven/NAME             the versions that have passed the self-test at a start, a line each, newest last
    shipped/NAME            the versions that came with the package, a line each
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from binarycop.errors import BundleError

ROOT = Path("/var/lib/binarycop")
MANIFEST = "manifest.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_PROVEN_KEPT = 2

SelfTest = Callable[[Path], None]
"""The self-test of the bundle in a folder; raises BundleError where it fails."""


@dataclass(frozen=True)
class Version:
    """One version of a bundle on the shelf."""

    name: str
    version: str
    in_use: bool
    proven: bool
    shipped: bool


@dataclass(frozen=True)
class VerifyResult:
    """What is in use after ``BundleStore.ready``; refused and reason: the version that was taken out of use, and why."""

    version: str
    tried: bool
    refused: str = ""
    reason: str = ""


class BundleStore:
    """Every change is one rename; cut off in between, the version in use is the old one or the new one, whole."""

    def __init__(self, root: Path, trial: SelfTest) -> None:
        self._root, self._trial = root, trial

    def install(self, source: Path, *, shipped: bool = False) -> Version:
        """Copy a bundle in and put it to use; its self-test comes at the next start.

        shipped: it comes with the package, and does not take the place of one that came otherwise.
        Raises BundleError where it does not agree with its manifest, OSError where the shelf cannot be written.
        """
        manifest = _read_manifest(source)
        _check_files(source, manifest)
        name, version = manifest["name"], _version_of(source, manifest)
        with self._locked():
            target = self._root / "versions" / name / version
            if not _is_intact(target):
                _copy(source, target, [MANIFEST, *manifest["files"]])
            before = self._in_use(name)
            ours = self._listed("shipped", name)
            if shipped and version not in ours:
                self._list("shipped", name, [*ours, version])
            if not shipped or before is None or before in ours:
                self._use(name, version)
            self._prune(name)
            return next(one for one in self._versions(name) if one.version == version)

    def ensure_known_good(self, name: str) -> VerifyResult:
        """Have a version of ``name`` in use that passes its self-test, going back to one that has where it must.

        A version that has passed before, and whose files still agree with its manifest, is not tried again.
        Raises BundleError where none passes; the link then stays as it was.
        """
        with self._locked():
            current = self._in_use(name)
            if current is None:
                raise BundleError(name, f"there is no such bundle below {self._root / 'bundles'}")
            proven = self._listed("proven", name)
            folder = self._root / "versions" / name
            if current in proven and _is_intact(folder / current):
                return VerifyResult(current, tried=False)
            try:
                self._trial(folder / current)
            except BundleError as refusal:
                back = self._first_that_passes(name, [one for one in reversed(proven) if one != current])
                if back is None:
                    raise
                self._use(name, back)
                return VerifyResult(back, tried=True, refused=current, reason=refusal.reason)
            self._list("proven", name, [*(one for one in proven if one != current), current][-_PROVEN_KEPT:])
            self._prune(name)
            return VerifyResult(current, tried=True)

    def rollback(self, name: str) -> Version:
        """Put the last proven version other than the one in use to use. Raises BundleError where there is none."""
        with self._locked():
            current = self._in_use(name)
            for version in reversed(self._listed("proven", name)):
                if version != current and _is_intact(self._root / "versions" / name / version):
                    self._use(name, version)
                    return next(one for one in self._versions(name) if one.version == version)
            raise BundleError(name, "there is no other version that has passed its self-test here")

    def versions(self) -> list[Version]:
        """All versions, by name."""
        names = sorted(path.name for path in (self._root / "versions").glob("*") if path.is_dir())
        return [version for name in names for version in self._versions(name)]

    def _versions(self, name: str) -> list[Version]:
        in_use, proven, shipped = self._in_use(name), self._listed("proven", name), self._listed("shipped", name)
        folders = sorted(path.name for path in (self._root / "versions" / name).iterdir() if path.name[0] != ".")
        return [Version(name, one, one == in_use, one in proven, one in shipped) for one in folders]

    def _first_that_passes(self, name: str, versions: list[str]) -> str | None:
        for version in versions:
            folder = self._root / "versions" / name / version
            try:
                if _is_intact(folder):
                    self._trial(folder)
                    return version
            except BundleError:
                continue
        return None

    def _in_use(self, name: str) -> str | None:
        link = self._root / "bundles" / name
        return os.readlink(link).rsplit("/", 1)[-1] if link.is_symlink() else None

    def _use(self, name: str, version: str) -> None:
        link = self._root / "bundles" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        new = link.with_name(f".{name}.new")
        new.unlink(missing_ok=True)
        new.symlink_to(f"../versions/{name}/{version}")
        new.replace(link)
        _sync(link.parent)

    def _listed(self, kind: str, name: str) -> list[str]:
        file = self._root / kind / name
        return file.read_text(encoding="utf-8").split() if file.exists() else []

    def _list(self, kind: str, name: str, versions: list[str]) -> None:
        file = self._root / kind / name
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f".{name}.new")
        new.write_text("".join(f"{one}\n" for one in versions), encoding="utf-8")
        _sync(new)
        new.replace(file)

    def _prune(self, name: str) -> None:
        """Drop what is neither in use, nor proven, nor the newest that the package brought."""
        kept = {self._in_use(name), *self._listed("proven", name), *self._listed("shipped", name)[-1:]}
        for folder in (self._root / "versions" / name).iterdir():
            if folder.name not in kept:
                shutil.rmtree(folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One change at a time: a package's script and a starting unit may meet."""
        self._root.mkdir(parents=True, exist_ok=True)
        with (self._root / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _read_manifest(folder: Path) -> dict[str, Any]:
    """Name, version and hashes; all else is for the self-test. Raises BundleError."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        name, version, digests = manifest["name"], manifest["version"], manifest["files"]
    except OSError as error:
        raise BundleError(folder, f"{MANIFEST} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(folder, f"{MANIFEST} is no manifest with name, version and files") from error
    for what in (name, version):
        if not isinstance(what, str) or not _NAME.fullmatch(what):
            raise BundleError(folder, f"{what!r} cannot be a folder's name; a-z, 0-9, dots and hyphens can")
    if not isinstance(digests, dict) or any(Path(one).name != one for one in digests):
        raise BundleError(folder, "files must be those of the bundle itself")
    return dict(manifest)


def _check_files(folder: Path, manifest: dict[str, Any]) -> None:
    for name, digest in manifest["files"].items():
        try:
            actual = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError as error:
            raise BundleError(folder, f"{name} is in the manifest but cannot be read: {error.strerror}") from error
        if actual != digest:
            raise BundleError(folder, f"{name} is not the file of the manifest")


def _is_intact(folder: Path) -> bool:
    try:
        _check_files(folder, _read_manifest(folder))
    except BundleError:
        return False
    return True


def _version_of(folder: Path, manifest: dict[str, Any]) -> str:
    """The manifest holds every file's hash, so its own hash tells versions apart."""
    return f"{manifest['version']}-{hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()[:12]}"


def _copy(source: Path, target: Path, names: list[str]) -> None:
    """All or nothing, and on the disk before anything points to it."""
    new = target.with_name(f".{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name in names:
        shutil.copyfile(source / name, new / name)
        (new / name).chmod(0o644)
        _sync(new / name)
    _sync(new)
    # Only a damaged copy can be in the way.
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
