"""FINN's deployment package, the folder ``deploy/`` of a build: bitstream, .hwh, and the shapes in its driver.py.

The driver is parsed and never executed. Its ``io_shape_dict`` is a literal, except for data types such as
``DataType['INT11']``, in older builds ``DataType.UINT8``.
"""

import ast
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from binarycop import regular_file
from binarycop.bundle import check_build, digest
from binarycop.bundle.manifest import CHANNELS, Manifest
from binarycop.classes import LABELS
from binarycop.errors import BundleError
from binarycop.geometry import SIDE_PX

_DICT = "io_shape_dict"
_MAX_DRIVER_BYTES = 256 * 1024  # FINN's own has 5 KB


@dataclass(frozen=True)
class DeploymentPackage:
    """The files of a build, and its ``io_shape_dict``, in which a data type is its name."""

    folder: Path
    bitstream: Path
    hwh: Path
    io_shapes: dict[str, Any]


def read(folder: Path) -> DeploymentPackage:
    """Find and read a build. Raises BundleError if a file is missing, there are two of it, or FINN did not write it."""
    driver = _only_file(folder, "driver", "driver.py")
    try:
        io_shapes = _io_shape_dict(
            ast.parse(regular_file.read(driver, _MAX_DRIVER_BYTES, follow_link=True), driver.name)
        )
    except (OSError, SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise BundleError(folder, f"{driver.name} is not a driver of FINN: {error}") from error
    bitstream, hwh = _only_file(folder, "bitfile", "*.bit"), _only_file(folder, "bitfile", "*.hwh")
    return DeploymentPackage(folder, bitstream, hwh, io_shapes)


def private_copy(package: DeploymentPackage, folder: Path) -> DeploymentPackage:
    """The build with copies of its files in ``folder``: nobody can exchange them after they were checked.

    Raises BundleError if a file is not a regular file, or is too large.
    """
    copies = {}
    for file, name in ((package.bitstream, check_build.BITSTREAM), (package.hwh, check_build.HWH)):
        try:
            (folder / name).write_bytes(regular_file.read(file, digest.MAX_BYTES, follow_link=True))
        except OSError as error:
            raise BundleError(package.folder, f"{file.name} cannot be read: {error.strerror}") from error
        copies[name] = folder / name
    return replace(package, bitstream=copies[check_build.BITSTREAM], hwh=copies[check_build.HWH])


def check(package: DeploymentPackage, manifest: Manifest) -> None:
    """Check a build against a bundle's manifest. Raises BundleError with the first disagreement."""
    for file in (package.bitstream, package.hwh):
        check_build.check_published(package.folder, digest.sha256_of(file))
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
            reason = f"{name}: build {_format(build_value)}, manifest {_format(bundle_value)}"
            raise BundleError(package.folder, reason)
    if package.io_shapes.get("number_of_external_weights", 0) != 0:
        raise BundleError(package.folder, "the build takes weights from outside, which the daemon does not give it")
    check_build.check_hwh(package.hwh, manifest)


def _only_file(folder: Path, subfolder: str, pattern: str) -> Path:
    """The only file that matches, in the subfolder or, in older builds, in ``folder`` itself. Raises BundleError."""
    files = sorted((folder / subfolder).glob(pattern)) or sorted(folder.glob(pattern))
    if len(files) != 1:
        names = ", ".join(path.name for path in files[:3]) or "none"
        names += f" and {len(files) - 3} more" if len(files) > 3 else ""
        reason = f"it is no deploy folder of FINN: one {subfolder}/{pattern} is expected, there are: {names}"
        raise BundleError(folder, reason)
    return files[0]


def _io_shape_dict(module: ast.Module) -> dict[str, Any]:
    """The dictionary in the driver. Raises ValueError if there is none, or it has more than literals and data types."""
    for statement in module.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == _DICT for target in statement.targets
        ):
            io_shapes = _value(statement.value)
            if isinstance(io_shapes, dict):
                return io_shapes
    raise ValueError(f"it has no {_DICT}")


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Dict):
        # A key is None where a dictionary is unpacked into this one.
        pairs = [(None if key is None else _value(key), _value(value)) for key, value in zip(node.keys, node.values)]
        return dict(pairs)
    if isinstance(node, ast.List | ast.Tuple):
        values = [_value(element) for element in node.elts]
        return values if isinstance(node, ast.List) else tuple(values)
    if isinstance(node, ast.Subscript) and _is_data_type(node.value):
        return _value(node.slice)
    if isinstance(node, ast.Attribute) and _is_data_type(node.value):
        return node.attr
    return ast.literal_eval(node)


def _is_data_type(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "DataType"


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
    return "×".join(str(size) for size in value) if isinstance(value, tuple) else str(value)
