"""A bundle that comes from outside into the store: its manifest is read once, and its files are checked as copied."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from binarycop import regular_file
from binarycop.bundle import build_files, digest
from binarycop.bundle import manifest as manifests
from binarycop.bundle.manifest import Header
from binarycop.errors import BundleError

FOLDER_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
"""Names of bundles and versions, which are names of folders in the store."""
_MAX_BYTES = 128 << 20


def header_of(folder: Path, manifest: bytes) -> Header:
    """The header of a bundle whose name and version can be names of folders. Raises BundleError."""
    header = manifests.read_header(folder, manifest)
    for name in (header.name, header.version):
        if not FOLDER_NAME.fullmatch(name):
            raise BundleError(folder, f"{name!r} cannot be a folder's name; a-z, 0-9, dots and hyphens can")
    return header


def copy(source: Path, manifest: bytes, header: Header, target: Path) -> None:
    """Copy a bundle and compare each file as it is written, so that the files in use later are the checked ones.

    The folder may belong to another user, who can exchange its files at any moment. Raises BundleError, OSError.
    """
    (target / manifests.FILE).write_bytes(manifest)
    left = _MAX_BYTES
    for name, expected in header.sha256.items():
        if digest.is_left_out(source, name):
            continue
        sha256 = hashlib.sha256()
        with (target / name).open("xb") as file:
            for chunk in _chunks(source, name, min(left, digest.MAX_BYTES)):
                sha256.update(chunk)
                file.write(chunk)
            left -= file.tell()
        digest.compare(source, name, sha256.hexdigest(), expected, target / name)
    if build_files.has_build(header.sha256):
        try:
            build_files.check(target, header.sha256)
        except BundleError as error:
            raise BundleError(source, error.reason) from error
    for file_path in target.iterdir():
        file_path.chmod(0o644)


def _chunks(source: Path, name: str, most_bytes: int) -> Iterator[bytes]:
    try:
        yield from regular_file.chunks(source / name, most_bytes)
    except OSError as error:
        raise digest.unreadable(source, name, error) from error


def is_intact(folder: Path) -> bool:
    """Whether a version in the store still agrees with its manifest."""
    try:
        digest.check(folder, manifests.read_header(folder).sha256)
    except BundleError:
        return False
    return True


def version_of(header: Header, manifest: bytes) -> str:
    """The manifest has the sha256 of every file, so its own sha256 tells two versions apart."""
    return f"{header.version}-{hashlib.sha256(manifest).hexdigest()[:12]}"
