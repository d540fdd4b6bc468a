"""The shapes, types and DMAs that the driver of a FINN build has. The driver is parsed and never executed.

FINN's ``driver.py`` has them as a literal, ``io_shape_dict``, in which data types are ``DataType['INT11']`` or, in
builds of 2021, ``DataType.UINT8``. FINN+ (github.com/eki-project/finn-plus) has them in ``settings.json``, as JSON and
with other names for the DMAs; its driver.py reads that file.
"""

import ast
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from binarycop import regular_file
from binarycop.bundle import json_fields
from binarycop.bundle.json_fields import Fields
from binarycop.errors import BundleError
from binarycop.file_kind import lost_kind

WEIGHTS = "runtime_weights"
NO_WEIGHTS = "the build takes weights from outside, which the daemon does not give it; build them into the bitstream"

_DICT = "io_shape_dict"
_MAX_NUMBER = 1 << 32
_PLUS = "driver_information"
_PLUS_DRIVER = "FINNDMAOverlay"
_PLUS_NAMES = {"idma_names": "input_dma_name", "odma_names": "output_dma_name"}
_PLUS_TYPE = re.compile(r"DataType\['([^']+)'\]")
_T = TypeVar("_T")
# FINN's driver.py has 5 KB, FINN+'s 50 KB. Python 3.10 overflows its stack in an expression of 256 KB.
_MAX_BYTES = 96 * 1024


def read(folder: Path, driver: Path) -> dict[str, Any]:
    """The ``io_shape_dict`` of a driver, with FINN's names; a data type is its name.

    folder: of the build. driver: its driver.py, next to which FINN+ has settings.json. Raises BundleError if it is not
    of FINN.
    """
    settings = driver.with_name("settings.json")
    if settings.exists():
        fields = _parsed(folder, settings, json_fields.parse)
        # In the first half of 2025 FINN+ had only the clock there.
        if _PLUS in fields.values:
            return _parsed(folder, settings, lambda data: _plus_io_shapes(json_fields.parse(data).fields(_PLUS)))
    return _parsed(folder, driver, lambda data: _io_shape_dict(ast.parse(data, driver.name)))


def _parsed(folder: Path, file: Path, parse: Callable[[bytes], _T]) -> _T:
    data = b""
    try:
        data = regular_file.read(file, _MAX_BYTES, follow_link=True)
        return parse(data)
    except OSError as error:
        raise BundleError(folder, f"{file.name} cannot be read: {error.strerror}") from error
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        kind = lost_kind(data)
        reason = f"it is {kind}" if kind else error
        raise BundleError(folder, f"{file.name} is not a driver of FINN: {reason}") from error


def _plus_io_shapes(information: Fields) -> dict[str, Any]:
    """The same from FINN+'s settings. Raises ValueError."""
    driver = information.text("driver_type", 64)
    if driver != _PLUS_DRIVER:
        raise ValueError(f"driver_type is {driver}; build for {_PLUS_DRIVER}, without instrumentation")
    if any(information.values.get(key) for key in ("external_weights", WEIGHTS)):
        raise ValueError(NO_WEIGHTS)
    return {_PLUS_NAMES.get(key, key): _plus_value(value) for key, value in information.fields(_DICT).values.items()}


def _plus_value(value: Any) -> Any:
    """A list has a value for each input or output; JSON has no tuples, and a type is its Python expression."""
    if isinstance(value, list):
        return [tuple(item) if isinstance(item, list) else _plus_value(item) for item in value]
    match = _PLUS_TYPE.fullmatch(value) if isinstance(value, str) else None
    return match[1] if match else value


def _io_shape_dict(module: ast.Module) -> dict[str, Any]:
    """The dictionary in the driver. Raises ValueError if there is none, or it has more than literals and data types."""
    for statement in module.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == _DICT for target in statement.targets
        ):
            io_shapes = _value(statement.value)
            if isinstance(io_shapes, dict):
                return io_shapes
    raise ValueError(f"it has no {_DICT}, which FINN writes since 0.5; FINN+ writes it to settings.json")


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Dict):
        # A key is None where a dictionary is unpacked into this one.
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
        if len(keys) != len(node.keys):
            raise ValueError(f"line {node.lineno} has a key that is no text")
        return {key: _value(value) for key, value in zip(keys, node.values)}
    if isinstance(node, ast.List | ast.Tuple):
        values = [_value(element) for element in node.elts]
        return values if isinstance(node, ast.List) else tuple(values)
    if isinstance(node, ast.Subscript) and _is_data_type(node.value):
        return _value(node.slice)
    if isinstance(node, ast.Attribute) and _is_data_type(node.value):
        return node.attr
    with suppress(ValueError, TypeError):
        literal = ast.literal_eval(node)
        is_large = isinstance(literal, int) and abs(literal) > _MAX_NUMBER
        if isinstance(literal, str | int | float | None) and not is_large:
            return literal
    raise ValueError(f"line {node.lineno} has a value that FINN does not write")


def _is_data_type(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "DataType"
