"""The sha256 of a bundle's files, and the check that the files are still those of the manifest."""

import os
from collections.abc import Mapping
from pathlib import Path

from binarycop import regular_file
from binarycop.bundle.sha256 import sha256
from binarycop.errors import BundleError
from binarycop.file_kind import lost_kind

MAX_BYTES = 32 << 20
"""Of one file of a bundle. A bitstream for a Zynq-7020 has 4 MB, the largest model.onnx 6 MB."""
BUILD_INPUT = "model.onnx"
"""What FINN builds a bitstream from. Nothing else reads it, so an installed bundle may lack it (6 MB of CNV's 7)."""
REMEDY = "install the bundle again, from a good copy"
"""What to do about a file that is damaged or gone."""


def sha256_of(file: Path) -> str:
    """The sha256 of a file in hexadecimal digits. Raises OSError, also if it is not a regular file or too large."""
    digest = sha256()
    for chunk in regular_file.chunks(file, MAX_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def check(folder: Path, sha256: Mapping[str, str]) -> None:
    """Compare each file of a bundle's folder with its sha256, by the file's name.

    Raises BundleError for the first file that differs or cannot be read.
    """
    for name, expected in sha256.items():
        if is_left_out(folder, name):
            continue
        try:
            actual = sha256_of(folder / name)
        except OSError as error:
            raise unreadable(folder, name, error) from error
        compare(folder, name, actual, expected, folder / name)


def is_left_out(folder: Path, name: str) -> bool:
    """Whether a folder lacks a file of the manifest that only a build needs."""
    return name == BUILD_INPUT and not os.path.lexists(folder / name)


def compare(folder: Path, name: str, actual: str, expected: str, file: Path) -> None:
    """Compare the sha256 of one file. Raises BundleError, with what the file is instead, if they differ."""
    if actual != expected:
        kind = lost_kind(next(regular_file.chunks(file, MAX_BYTES), b""))
        what = f"it is {kind}" if kind else f"sha256 {actual[:12]}… not {expected[:12]}…; {REMEDY}"
        raise BundleError(folder, f"{name} is not the file of the manifest: {what}")


def unreadable(folder: Path, name: str, error: OSError) -> BundleError:
    """The error for a file of the manifest that cannot be read."""
    remedy = f"; {REMEDY}" if isinstance(error, FileNotFoundError) else ""
    return BundleError(folder, f"{name} is in the manifest but cannot be read: {error.strerror}{remedy}")
