"""A FINN build's folder ``deploy/``: its bitstream and .hwh, and what its driver.py says of its inputs and outputs.

The driver is read, never executed: ``io_shape_dict`` is a literal but for its data types, written
``DataType['INT11']``, and in older builds ``DataType.UINT8``.
"""

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from binarycop.bundle import check_build
from binarycop.bundle.manifest import CHANNELS, Manifest
from binarycop.classes import LABELS
from binarycop.errors import BundleError
from binarycop.geometry import SIDE_PX

_DICT = "io_shape_dict"


@dataclass(frozen=True)
class DeploymentPackage:
    """The files of a build, and its ``io_shape_dict`` with data types as their names."""

    folder: Path
    bitstream: Path
    handoff: Path
    shapes: dict[str, Any]


def read(folder: Path) -> DeploymentPackage:
    """Find and read a build. Raises BundleError where a file is missing, double, or not what FINN writes."""
    driver = _only(folder, "driver", "driver.py")
    try:
        shapes = _shapes(ast.parse(driver.read_bytes(), driver.name))
    except (OSError, SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise BundleError(folder, f"{driver.name} is not a driver of FINN's: {error}") from error
    return DeploymentPackage(folder, _only(folder, "bitfile", "*.bit"), _only(folder, "bitfile", "*.hwh"), shapes)


def check(deploy: DeploymentPackage, manifest: Manifest) -> None:
    """Hold a build to a bundle's manifest. Raises BundleError with the first disagreement."""
    for file in (deploy.bitstream, deploy.handoff):
        check_build.check_published(deploy.folder, hashlib.sha256(file.read_bytes()).hexdigest())
    side = (1, SIDE_PX, SIDE_PX, CHANNELS)
    wanted: dict[str, tuple[str, Any]] = {
        "ishape_normal": ("takes inputs of shape", side),
        "oshape_normal": ("gives outputs of shape", (1, len(LABELS))),
        "idt": ("takes inputs of type", "UINT8"),
        "odt": ("gives outputs of type", manifest.output_type),
        "ishape_packed": ("packs inputs as", manifest.input_packed),
        "oshape_packed": ("packs outputs as", manifest.output_packed),
        "input_dma_name": ("calls its input DMA", manifest.input_dma),
        "output_dma_name": ("calls its output DMA", manifest.output_dma),
    }
    for key, (says, right) in wanted.items():
        found = _single(deploy, key)
        if found != right:
            raise BundleError(deploy.folder, f"the build {says} {_say(found)}, the bundle {_say(right)}")
    if deploy.shapes.get("number_of_external_weights", 0) != 0:
        raise BundleError(deploy.folder, "the build takes weights from outside, which the driver does not give it")
    check_build.check_hwh(deploy.handoff, manifest)


def _only(folder: Path, below: str, pattern: str) -> Path:
    """The one file of a pattern in a folder of the build, or beside it as in older builds. Raises BundleError."""
    found = sorted((folder / below).glob(pattern)) or sorted(folder.glob(pattern))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise BundleError(folder, f"is no deploy folder of FINN's: wanted one {below}/{pattern}, found {names}")
    return found[0]


def _shapes(module: ast.Module) -> dict[str, Any]:
    """Raises ValueError where there is no such dictionary, or not of literals and data types."""
    for statement in module.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == _DICT for target in statement.targets
        ):
            shapes = _value(statement.value)
            if isinstance(shapes, dict):
                return shapes
    raise ValueError(f"it has no {_DICT}")


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Dict):
        # A key is None where a dictionary is unpacked into this one.
        pairs = [(None if key is None else _value(key), _value(value)) for key, value in zip(node.keys, node.values)]
        return dict(pairs)
    if isinstance(node, ast.List | ast.Tuple):
        values = [_value(one) for one in node.elts]
        return values if isinstance(node, ast.List) else tuple(values)
    if isinstance(node, ast.Subscript) and _is_data_type(node.value):
        return _value(node.slice)
    if isinstance(node, ast.Attribute) and _is_data_type(node.value):
        return node.attr
    return ast.literal_eval(node)


def _is_data_type(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "DataType"


def _single(deploy: DeploymentPackage, key: str) -> Any:
    """A value of the dictionary; FINN lists one for each input or output, older builds have no list."""
    defaults = {"input_dma_name": "idma0", "output_dma_name": "odma0"}  # what FINN's driver takes without a name
    found = deploy.shapes.get(key, defaults.get(key))
    if isinstance(found, list):
        if len(found) != 1:
            raise BundleError(deploy.folder, f"the build has {len(found)} of {key}, not one")
        return found[0]
    return found


def _say(value: Any) -> str:
    return "×".join(str(one) for one in value) if isinstance(value, tuple) else str(value)
