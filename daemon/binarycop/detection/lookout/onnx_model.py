"""A network as an ONNX file in memory, for OpenCV. It writes only the few messages that these networks need.

Field numbers are those of onnx/onnx.proto (version 1.11); the encoding is Protocol Buffers' wire format.
"""

import struct
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.lookout.network import OUTPUTS, Conv, Network, Weights

INPUT = "frame"
_IR_VERSION, _OPSET = 7, 11
_FLOAT, _INTS, _INT = 1, 7, 2


def output_names(network: Network) -> list[str]:
    """The names of the heads' outputs."""
    return [f"head{index}" for index in range(len(network.heads))]


def model(network: Network, weights: Weights) -> bytes:
    """A model from ``frame``, (1, 3, H, W) float32, to ``head0`` and further, (1, 5, rows, columns) each."""
    nodes, last = [], INPUT
    for index, layer in enumerate(network.layers):
        nodes.append(_convolution(f"layer{index}", last, f"plain{index}", layer))
        last = f"plain{index}"
        if layer.skip:
            nodes.append(_node("Add", [last, f"value{index - layer.skip}"], f"sum{index}"))
            last = f"sum{index}"
        nodes.append(_node("Relu", [last], f"value{index}"))
        last = f"value{index}"
    for index, head in enumerate(network.heads):
        nodes.append(_convolution(f"head{index}", f"value{head.after}", f"head{index}", Conv(0, OUTPUTS, 1, 1)))
    graph = b"".join(
        [
            *(_message(1, node) for node in nodes),
            _text(2, network.name),
            *(_message(5, _tensor(name, values)) for name, values in weights.items()),
            _message(11, _value_info(INPUT, (1, 3, "height", "width"))),
            *(
                _message(12, _value_info(name, (1, OUTPUTS, f"rows{index}", f"columns{index}")))
                for index, name in enumerate(output_names(network))
            ),
        ]
    )
    opset = _text(1, "") + _number(2, _OPSET)
    return _number(1, _IR_VERSION) + _text(2, "binarycop") + _message(7, graph) + _message(8, opset)


def _convolution(name: str, source: str, output: str, layer: Conv) -> bytes:
    lists = {
        "kernel_shape": [layer.kernel] * 2,
        "strides": [layer.stride] * 2,
        "pads": [layer.padding] * 4,
        "dilations": [1, 1],
    }
    group = _text(1, "group") + _number(3, layer.groups) + _number(20, _INT)
    attributes = [
        _text(1, key) + b"".join(_number(8, value) for value in values) + _number(20, _INTS)
        for key, values in lists.items()
    ]
    return _node("Conv", [source, f"{name}.weight", f"{name}.bias"], output, [*attributes, group])


def _node(kind: str, sources: list[str], output: str, attributes: Iterable[bytes] = ()) -> bytes:
    parts = [*(_text(1, source) for source in sources), _text(2, output), _text(3, f"make_{output}"), _text(4, kind)]
    return b"".join([*parts, *(_message(5, attribute) for attribute in attributes)])


def _tensor(name: str, values: NDArray[np.float32]) -> bytes:
    dims = b"".join(_number(1, size) for size in values.shape)
    return dims + _number(2, _FLOAT) + _text(8, name) + _message(9, values.astype("<f4").tobytes())


def _value_info(name: str, shape: tuple[int | str, ...]) -> bytes:
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
