"""FINN's deployment package, the folder ``deploy/`` of a build: bitstream, .hwh, and the shapes in its driver."""

import errno
import os
import stat
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from binarycop import regular_file
from binarycop.bundle import build_files, check_build, digest, driver_shapes
from binarycop.bundle.manifest import CHANNELS, Manifest
from binarycop.classes import LABELS
from binarycop.errors import BundleError
from binarycop.geometry import SIDE_PX

_UNPACK = "unpack it first"
_MAX_SHOWN = 80  # characters of a wrong value in a message
_HINTS = {
    ".xclbin": "an .xclbin is for an Alveo card; build one with the shell for Zynq",
    ".bin": "a .bin names no chip; take the .bit of the same build",
    ".xsa": _UNPACK,
    ".zip": _UNPACK,
    ".gz": _UNPACK,
}


@dataclass(frozen=True)
class DeploymentPackage:
    """The files of a build, and its ``io_shape_dict``, in which a data type is its name."""

    folder: Path
    bitstream: Path
    hwh: Path
    io_shapes: dict[str, Any]


def read(folder: Path) -> DeploymentPackage:
    """Find and read a build. Raises BundleError if a file is missing, there are two of it, or FINN did not write it."""
    try:
        is_folder = stat.S_ISDIR(folder.stat().st_mode)
    except OSError as error:
        reason = "there is no such folder" if error.errno == errno.ENOENT else f"cannot be read: {error.strerror}"
        raise BundleError(folder, reason) from error
    if not is_folder:
        raise BundleError(folder, "it is a file; give the folder deploy/ that FINN wrote, an archive of it unpacked")
    if not os.path.isdir(folder / "driver") and os.path.isdir(folder / "deploy"):  # as an archive of it can have
        folder = folder / "deploy"
    driver = _only_file(folder, "driver", "driver.py")
    bitstream, hwh = _only_file(folder, "bitfile", "*.bit"), _only_file(folder, "bitfile", "*.hwh")
    if _visible(driver.parent / driver_shapes.WEIGHTS):
        raise BundleError(folder, f"{driver_shapes.WEIGHTS} is not empty: {driver_shapes.NO_WEIGHTS}")
    return DeploymentPackage(folder, bitstream, hwh, driver_shapes.read(folder, driver))


def private_copy(package: DeploymentPackage, folder: Path) -> DeploymentPackage:
    """The build with copies of its files in ``folder``: nobody can exchange them after they were checked.

    Raises BundleError if a file is not a regular file, or is too large.
    """
    for file in (package.bitstream, package.hwh):
        try:
            (folder / file.name).write_bytes(regular_file.read(file, digest.MAX_BYTES, follow_link=True))
        except OSError as error:
            raise BundleError(package.folder, f"{file.name} cannot be read: {error.strerror}") from error
    return replace(package, bitstream=folder / package.bitstream.name, hwh=folder / package.hwh.name)


def check(package: DeploymentPackage, manifest: Manifest) -> None:
    """Check a build against a bundle's manifest. Raises BundleError with the first disagreement."""
    for file in (package.bitstream, package.hwh):
        build_files.check_published(package.folder, digest.sha256_of(file))
    expected: dict[str, tuple[str, Any]] = {
        "ishape_normal": ("input shape", (1, SIDE_PX, SIDE_PX, CHANNELS)),
        "oshape_normal": ("output shape", (1, len(LABELS))),
        "idt": ("input type", "UINT8"),
        "odt": ("output type", manifest.output_type),
        "ishape_packed": ("packed input shape", manifest.input_packed),
        "oshape_packed": ("packed output shape", manifest.output_packed),
        "input_dma_name": ("input DMA", manifest.input_dma),
        "output_dma_name": ("output DMA", manifest.output_dma),
    }
    for key, (name, bundle_value) in expected.items():
        build_value = _single(package, key)
        if build_value != bundle_value:
            values = f"{_format(build_value)} in the build's driver, {_format(bundle_value)} in the bundle's manifest"
            raise BundleError(package.folder, f"{name}: {values}; take the bundle that this was built from")
    if package.io_shapes.get("number_of_external_weights", 0) != 0:
        raise BundleError(package.folder, driver_shapes.NO_WEIGHTS)
    try:
        hardware = build_files.check_pair(package.bitstream, package.hwh)
        check_build.check_hardware(package.hwh, hardware, manifest)
    except BundleError as error:  # its folder is that of the copies
        raise BundleError(package.folder, error.reason) from error


def _only_file(folder: Path, subfolder: str, pattern: str) -> Path:
    """The only file that matches, in the subfolder or, in older builds, in ``folder`` itself. Raises BundleError.

    Capitals do not count.
    """
    places = _visible(folder / subfolder), _visible(folder)
    matching = [[path for path in paths if fnmatchcase(path.name.lower(), pattern)] for paths in places]
    files = matching[0] or matching[1]
    if len(files) != 1:
        found = files or places[0] or places[1]
        names = ", ".join(path.name for path in found[:3]) or "none"
        names += f" and {len(found) - 3} more" if len(found) > 3 else ""
        hint = next((f"; {_HINTS[path.suffix]}" for path in found if path.suffix in _HINTS), "")
        reason = f"it is no deploy folder of FINN: one {subfolder}/{pattern} is expected, there are: {names}{hint}"
        raise BundleError(folder, reason)
    return files[0]


def _visible(folder: Path) -> list[Path]:
    """The files of a folder. Hidden files are left out: macOS puts a ``._NAME`` next to each file that it packs.

    There are none if there is no such folder. Raises BundleError if it cannot be listed.
    """
    try:
        return sorted(path for path in folder.iterdir() if path.name[0] != "." and not os.path.isdir(path))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise BundleError(folder, f"cannot be listed: {error.strerror}") from error


def _single(package: DeploymentPackage, key: str) -> Any:
    """One value of ``io_shape_dict``: FINN has a list with a value for each input or output, older builds the value."""
    defaults = {"input_dma_name": "idma0", "output_dma_name": "odma0"}  # as in FINN's own driver
    value = package.io_shapes.get(key, defaults.get(key))
    if isinstance(value, list):
        if len(value) != 1:
            raise BundleError(package.folder, f"the build has {len(value)} of {key}, not one")
        return value[0]
    return value


def _format(value: Any) -> str:
    text = "×".join(str(size) for size in value) if isinstance(value, tuple) else str(value)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"
