"""The sha256 of a bundle's files, and the check that the files are still those of the manifest."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from binarycop.errors import BundleError


def sha256_of(file: Path) -> str:
    """The sha256 of a file in hexadecimal digits. Raises OSError."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def check(folder: Path, sha256: Mapping[str, str]) -> None:
    """Compare each file of a bundle's folder with its sha256, by the file's name.

    Raises BundleError for the first file that differs or cannot be read.
    """
    for name, expected in sha256.items():
        try:
            actual = sha256_of(folder / name)
        except OSError as error:
            raise BundleError(folder, f"{name} is in the manifest but cannot be read: {error.strerror}") from error
        except ValueError as error:  # a name that no file can have
            raise BundleError(folder, f"{name!r} is in the manifest but cannot be read: {error}") from error
        if actual != expected:
            reason = f"{name} is not the file of the manifest: sha256 {actual[:12]}… not {expected[:12]}…"
            raise BundleError(folder, reason)
