"""The bundle store of a board: the versions of each bundle, one of them in use, and the way back to one that worked.

Below the root (/var/lib/binarycop on a board):

    bundles/NAME            a symbolic link to the version in use
    versions/NAME/VERSION/  one version; its folder's name is its manifest's version and the start of that file's sha256
    proven/NAME             the known good versions (self-test passed here), one per line, newest last
    shipped/NAME            the packaged versions (they came with the package), one per line
"""

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from binarycop import atomic
from binarycop.bundle import digest
from binarycop.bundle import manifest as manifests
from binarycop.bundle.manifest import Header
from binarycop.errors import BundleError, BundleStoreError

ROOT = Path("/var/lib/binarycop")
_FOLDER_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_KNOWN_GOOD, _PACKAGED = "proven", "shipped"
_MAX_KNOWN_GOOD = 2

SelfTest = Callable[[Path], None]
"""The self-test of the bundle in a folder. Raises BundleError if it fails."""


@dataclass(frozen=True)
class Version:
    """One version of a bundle in the store."""

    name: str
    version: str
    in_use: bool
    known_good: bool
    packaged: bool


@dataclass(frozen=True)
class SelfTestResult:
    """What ``BundleStore.ensure_known_good`` has found.

    version: in use now; empty if the bundle is not in the store. tested: a self-test has run. refused, reason: the
    version that failed and is not in use any more, and why; empty if none failed.
    """

    version: str
    tested: bool
    refused: str = ""
    reason: str = ""


class BundleStore:
    """The versions below one root. If a change is interrupted, the version in use is the old one or the new one, whole.

    Every method raises BundleStoreError if the store cannot be read or written.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def install(self, source: Path, *, packaged: bool = False) -> Version:
        """Copy a bundle into the store and use it from the next start on, which also runs its self-test.

        packaged: it comes with the package. It does not replace a version in use that was installed by hand.
        Raises BundleError if it does not agree with its manifest.
        """
        header = _read_header(source)
        digest.check(source, header.sha256)
        with self._locked():
            name, version = header.name, _version_of(source, header)
            target = self._folder(name, version)
            if not _is_intact(target):
                atomic.copy_files(source, target, [manifests.FILE, *header.sha256])
            replaced = self._in_use(name)
            from_packages = self._read_list(_PACKAGED, name)
            if packaged and version not in from_packages:
                self._write_list(_PACKAGED, name, [*from_packages, version])
            if not packaged or replaced is None or replaced in from_packages:
                self._use(name, version)
            self._prune(name)
            return self._version(name, version)

    def ensure_known_good(self, name: str, self_test: SelfTest) -> SelfTestResult:
        """Test the version of ``name`` that is in use, and roll back to a known good one if it fails.

        A version that is known good and whose files still agree with its manifest is not tested again.
        Raises BundleError if no version passes; the version in use then stays in use.
        """
        with self._locked():
            current = self._in_use(name)
            if current is None:
                raise BundleError(name, f"there is no such bundle below {self._root / 'bundles'}")
            known_good = self._read_list(_KNOWN_GOOD, name)
            if current in known_good and _is_intact(self._folder(name, current)):
                return SelfTestResult(current, tested=False)
            others = [version for version in known_good if version != current]
            try:
                self_test(self._folder(name, current))
            except BundleError as refusal:
                fallback = self._first_that_passes(name, others[::-1], self_test)
                if fallback is None:
                    raise
                self._use(name, fallback)
                return SelfTestResult(fallback, tested=True, refused=current, reason=refusal.reason)
            self._write_list(_KNOWN_GOOD, name, [*others, current][-_MAX_KNOWN_GOOD:])
            self._prune(name)
            return SelfTestResult(current, tested=True)

    def rollback(self, name: str) -> Version:
        """Use the newest known good version other than the one in use. Raises BundleError if there is none."""
        with self._locked():
            current = self._in_use(name)
            for version in reversed(self._read_list(_KNOWN_GOOD, name)):
                if version != current and _is_intact(self._folder(name, version)):
                    self._use(name, version)
                    return self._version(name, version)
            raise BundleError(name, "there is no other version that has passed its self-test here")

    def versions(self) -> list[Version]:
        """All versions, by name."""
        with self._os_errors():
            names = sorted(path.name for path in (self._root / "versions").glob("*") if path.is_dir())
            return [version for name in names for version in self._versions(name)]

    def _versions(self, name: str) -> list[Version]:
        in_use = self._in_use(name)
        known_good, packaged = self._read_list(_KNOWN_GOOD, name), self._read_list(_PACKAGED, name)
        # A hidden folder is a copy that was interrupted.
        versions = sorted(path.name for path in self._folder(name).iterdir() if path.name[0] != ".")
        return [
            Version(name, version, version == in_use, version in known_good, version in packaged)
            for version in versions
        ]

    def _version(self, name: str, version: str) -> Version:
        return next(entry for entry in self._versions(name) if entry.version == version)

    def _first_that_passes(self, name: str, versions: list[str], self_test: SelfTest) -> str | None:
        for version in versions:
            folder = self._folder(name, version)
            try:
                if _is_intact(folder):
                    self_test(folder)
                    return version
            except BundleError:
                continue
        return None

    def _folder(self, name: str, version: str = "") -> Path:
        return self._root / "versions" / name / version

    def _in_use(self, name: str) -> str | None:
        link = self._root / "bundles" / name
        return os.readlink(link).rsplit("/", 1)[-1] if link.is_symlink() else None

    def _use(self, name: str, version: str) -> None:
        link = self._root / "bundles" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_link(link, f"../versions/{name}/{version}")

    def _read_list(self, kind: str, name: str) -> list[str]:
        file = self._root / kind / name
        return file.read_text(encoding="utf-8").split() if file.exists() else []

    def _write_list(self, kind: str, name: str, versions: list[str]) -> None:
        file = self._root / kind / name
        file.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_file(file, "".join(f"{version}\n" for version in versions).encode())

    def _prune(self, name: str) -> None:
        """Remove every version except the one in use, the known good ones, and the newest packaged one."""
        newest_packaged = self._read_list(_PACKAGED, name)[-1:]
        kept = {self._in_use(name), *self._read_list(_KNOWN_GOOD, name), *newest_packaged}
        for folder in self._folder(name).iterdir():
            if folder.name not in kept:
                shutil.rmtree(folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One change at a time: a package's script and a unit that starts may run at once."""
        with self._os_errors():
            self._root.mkdir(parents=True, exist_ok=True)
            with (self._root / "lock").open("w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield

    @contextmanager
    def _os_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BundleStoreError(Path(error.filename or self._root), error.strerror or str(error)) from error


def _read_header(folder: Path) -> Header:
    """The header of a bundle whose name and version can be names of folders. Raises BundleError."""
    header = manifests.read_header(folder)
    for name in (header.name, header.version):
        if not _FOLDER_NAME.fullmatch(name):
            raise BundleError(folder, f"{name!r} cannot be a folder's name; a-z, 0-9, dots and hyphens can")
    return header


def _is_intact(folder: Path) -> bool:
    try:
        digest.check(folder, manifests.read_header(folder).sha256)
    except BundleError:
        return False
    return True


def _version_of(folder: Path, header: Header) -> str:
    """The manifest has the sha256 of every file, so its own sha256 tells two versions apart."""
    return f"{header.version}-{digest.sha256_of(folder / manifests.FILE)[:12]}"
