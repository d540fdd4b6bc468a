"""Writes ONNX files without the package onnx, as far as our networks need them.

Field numbers are those of onnx/onnx.proto (version 1.11); the encoding is Protocol Buffers' wire format.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FLOAT, _INTS, _INT = 1, 7, 2

Shape = tuple[int | str, ...]
"""Of an input or output; a name stands for a size that may differ."""


@dataclass(frozen=True)
class Node:
    """One operation with one output, which is also its name. attributes: whole numbers, or lists of them."""

    operation: str
    inputs: Sequence[str]
    output: str
    attributes: Mapping[str, int | Sequence[int]]

    def message(self) -> bytes:
        """NodeProto."""
        texts = (_text(1, source) for source in self.inputs)
        names = _text(2, self.output), _text(3, f"make_{self.output}"), _text(4, self.operation)
        return b"".join([*texts, *names, *(_message(5, _attribute(*item)) for item in self.attributes.items())])


@dataclass(frozen=True)
class Graph:
    """A network of nodes in their order. constants: (…) float32 by name. All inputs and outputs are float32."""

    name: str
    nodes: Sequence[Node]
    constants: Mapping[str, NDArray[np.float32]]
    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]


def model(graph: Graph, opset: int, ir_version: int) -> bytes:
    """The file's content. opset: the version of the operations. ir_version: of the file format."""
    parts = [
        *(_message(1, node.message()) for node in graph.nodes),
        _text(2, graph.name),
        *(_message(5, _tensor(name, values)) for name, values in graph.constants.items()),
        *(_message(11, _value_info(name, shape)) for name, shape in graph.inputs.items()),
        *(_message(12, _value_info(name, shape)) for name, shape in graph.outputs.items()),
    ]
    operations = _text(1, "") + _number(2, opset)
    return _number(1, ir_version) + _text(2, "binarycop") + _message(7, b"".join(parts)) + _message(8, operations)


def _attribute(name: str, value: int | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _INT)
    return _text(1, name) + b"".join(_number(8, number) for number in value) + _number(20, _INTS)


def _tensor(name: str, values: NDArray[np.float32]) -> bytes:
    dims = b"".join(_number(1, size) for size in values.shape)
    return dims + _number(2, _FLOAT) + _text(8, name) + _message(9, values.astype("<f4").tobytes())


def _value_info(name: str, shape: Iterable[int | str]) -> bytes:
    dims = [_number(1, size) if isinstance(size, int) else _text(2, size) for size in shape]
    tensor = _number(1, _FLOAT) + _message(2, b"".join(_message(1, dim) for dim in dims))
    return _text(1, name) + _message(2, _message(1, tensor))


def _varint(value: int) -> bytes:
    coded = bytearray()
    while value > 0x7F:
        coded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(coded) + struct.pack("B", value)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _message(field, content.encode())
