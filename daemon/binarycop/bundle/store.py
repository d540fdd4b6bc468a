"""The bundle store of a board: the versions of each bundle, one of them in use, and the way back to one that worked.

Below the root (/var/lib/binarycop on a board):

    bundles/NAME            a symbolic link to the version in use
    versions/NAME/VERSION/  one version; its folder's name is its manifest's version and the start of that file's sha256
    proven/NAME             the known good versions (the daemon has worked with them here), one per line, newest last
    trial/NAME              the version that passed its self-test last and is not known good yet, and when that was
    shipped/NAME            the packaged versions (they came with the package), one per line
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path

from binarycop import atomic, regular_file
from binarycop.bundle import digest
from binarycop.bundle import manifest as manifests
from binarycop.bundle.incoming import FOLDER_NAME, copy, header_of, is_intact, version_of
from binarycop.errors import BundleError, BundleStoreError

ROOT = Path("/var/lib/binarycop")
_KNOWN_GOOD, _PACKAGED, _TRIAL = "proven", "shipped", "trial"
_MAX_KNOWN_GOOD = 2
_MAX_FAILURES = 3  # of the daemon with a version on trial; systemd gives up after five
_MAX_LIST_BYTES = 64 * 1024

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
    on_trial: bool


@dataclass(frozen=True)
class SelfTestResult:
    """What ``BundleStore.prepare_start`` has found.

    version: in use now; empty if the bundle is not in the store. tested: a self-test has run. refused, reason: the
    version that failed and is not in use any more, and why; empty if none failed.
    """

    version: str
    tested: bool
    refused: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Moment:
    """A time that can be compared within one boot. boot: its id. monotonic_s: seconds of the monotonic clock."""

    boot: str
    monotonic_s: float


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
        manifest = manifests.read_bytes(source)
        header = header_of(source, manifest)
        with self._locked():
            name, version = header.name, version_of(header, manifest)
            target = self._folder(name, version)
            if is_intact(target):
                digest.check(source, header.sha256)
            else:
                with atomic.new_folder(target) as new:
                    copy(source, manifest, header, new)
            replaced = self._in_use(name)
            from_packages = self._read_list(_PACKAGED, name)
            if packaged and version not in from_packages:
                self._write_list(_PACKAGED, name, [*from_packages, version])
            if not packaged or replaced is None or replaced in from_packages:
                self._use(name, version)
            self._prune(name)
            return self._version(name, version)

    def prepare_start(self, name: str, self_test: SelfTest, now: Moment, failures: int = 0) -> SelfTestResult:
        """Test the version of ``name`` that is in use before a start, and roll back if it fails.

        A known good version whose files still agree with its manifest is not tested again. Any other one is on trial
        from now on, until ``confirm``. failures: how often the daemon has failed in a row; after three of them, a
        version on trial is rolled back to a known good one, if there is one.
        Raises BundleError if no version passes; the version in use then stays in use.
        """
        with self._locked():
            current = self._in_use(name) if FOLDER_NAME.fullmatch(name) else None
            if current is None:
                raise BundleError(name, f"there is no such bundle below {self._root / 'bundles'}")
            known_good = self._read_list(_KNOWN_GOOD, name)
            if current in known_good and is_intact(self._folder(name, current)):
                self._end_trial(name)
                return SelfTestResult(current, tested=False)
            last_tried = self._read_list(_TRIAL, name)[:1]
            better = [version for version in reversed(known_good) if version != current]
            if failures >= _MAX_FAILURES and current in last_tried:
                fallback = self._first_that_passes(name, better, self_test)
                if fallback is not None:
                    self._use(name, fallback)
                    reason = f"the daemon has failed {failures} times with it"
                    return SelfTestResult(fallback, tested=True, refused=current, reason=reason)
            try:
                self_test(self._folder(name, current))
            except BundleError as refusal:
                others = [*better, *(version for version in last_tried if version not in (current, *better))]
                fallback = self._first_that_passes(name, others, self_test)
                if fallback is None:
                    raise
                self._use(name, fallback)
                return SelfTestResult(fallback, tested=True, refused=current, reason=refusal.reason)
            self._write_list(_TRIAL, name, [current, now.boot, str(now.monotonic_s)])
            return SelfTestResult(current, tested=True)

    def confirm(self, started: Moment) -> list[Version]:
        """The daemon has worked since ``started`` for long enough: what was on trial then is known good.

        A version counts only if it passed its self-test before that start and is still in use. Returns these versions.
        """
        with self._locked():
            names = sorted(path.name for path in (self._root / _TRIAL).glob("*") if FOLDER_NAME.fullmatch(path.name))
            confirmed = []
            for name in names:
                version, boot, tested_s = [*self._read_list(_TRIAL, name), "", "", ""][:3]
                was_before = boot == started.boot and _seconds(tested_s) <= started.monotonic_s
                if not was_before or version != self._in_use(name) or not is_intact(self._folder(name, version)):
                    continue
                others = [good for good in self._read_list(_KNOWN_GOOD, name) if good != version]
                self._write_list(_KNOWN_GOOD, name, [*others, version][-_MAX_KNOWN_GOOD:])
                self._end_trial(name)
                self._prune(name)
                confirmed.append(self._version(name, version))
            return confirmed

    def rollback(self, name: str) -> Version:
        """Use the newest known good version other than the one in use. Raises BundleError if there is none."""
        with self._locked():
            current = self._in_use(name) if FOLDER_NAME.fullmatch(name) else None
            if current is None:
                names = ", ".join(sorted({version.name for version in self.versions()})) or "none"
                raise BundleError(name, f"there is no such bundle in the store, which has {names}")
            for version in reversed(self._read_list(_KNOWN_GOOD, name)):
                if version != current and is_intact(self._folder(name, version)):
                    self._use(name, version)
                    return self._version(name, version)
            raise BundleError(name, "there is no other version that is known good here")

    def versions(self) -> list[Version]:
        """All versions, by name."""
        with self._os_errors():
            names = sorted(path.name for path in (self._root / "versions").glob("*") if path.is_dir())
            return [version for name in names for version in self._versions(name)]

    def _versions(self, name: str) -> list[Version]:
        in_use = self._in_use(name)
        known_good, packaged, trial = (self._read_list(kind, name) for kind in (_KNOWN_GOOD, _PACKAGED, _TRIAL))
        # A hidden folder is a copy that was interrupted.
        versions = sorted(path.name for path in self._folder(name).iterdir() if path.name[0] != ".")
        return [
            Version(name, version, version == in_use, version in known_good, version in packaged, version in trial[:1])
            for version in versions
        ]

    def _version(self, name: str, version: str) -> Version:
        return next(entry for entry in self._versions(name) if entry.version == version)

    def _first_that_passes(self, name: str, versions: list[str], self_test: SelfTest) -> str | None:
        for version in versions:
            folder = self._folder(name, version)
            try:
                if is_intact(folder):
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
        if not os.path.lexists(file):
            return []
        return regular_file.read(file, _MAX_LIST_BYTES).decode("utf-8", "replace").split()

    def _write_list(self, kind: str, name: str, versions: list[str]) -> None:
        file = self._root / kind / name
        file.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_file(file, "".join(f"{version}\n" for version in versions).encode())

    def _end_trial(self, name: str) -> None:
        (self._root / _TRIAL / name).unlink(missing_ok=True)

    def _prune(self, name: str) -> None:
        """Remove every version except the one in use, on trial, the known good ones, and the newest packaged one."""
        kept = {
            self._in_use(name),
            *self._read_list(_TRIAL, name)[:1],
            *self._read_list(_KNOWN_GOOD, name),
            *self._read_list(_PACKAGED, name)[-1:],
        }
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


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # a damaged file: no start was after it
        return inf
