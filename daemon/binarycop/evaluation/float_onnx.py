"""A bundle's network as a plain float ONNX file, for engines that do not know QONNX: a comparison of speed."""

import numpy as np
from numpy.typing import NDArray

from binarycop import onnx_writer
from binarycop.bundle.files import Bundle
from binarycop.bundle.manifest import CHANNELS, KERNEL
from binarycop.classes import LABELS
from binarycop.geometry import SIDE_PX
from binarycop.onnx_writer import Graph, Node

INPUT, OUTPUT = "pixels", "scores"
_IR_VERSION, _OPSET = 8, 13


def model(bundle: Bundle) -> bytes:
    """The model from ``pixels``, (N, 3, 32, 32) float32 of 0 to 255, to ``scores``, (N, 4) float32, whole numbers.

    A threshold T becomes the bias -T + 0.5 before a Sign node, so float32 gives exactly the integer scores.
    """
    nodes: list[Node] = []
    constants: dict[str, NDArray[np.float32]] = {}
    at, is_flat = INPUT, False
    for index, (layer, weights) in enumerate(zip(bundle.manifest.layers, bundle.weights)):
        signs = np.where(weights.bits, np.float32(1), np.float32(-1))
        names, sums = [f"weights_{index}"], f"sums_{index}"
        if weights.thresholds is not None:
            names.append(f"bias_{index}")
            constants[names[1]] = (0.5 - weights.thresholds).astype(np.float32)
        if layer.kind == "conv":
            signs = signs.reshape(layer.outputs, KERNEL, KERNEL, layer.inputs).transpose(0, 3, 1, 2)
            nodes.append(Node("Conv", [at, *names], sums, {}))
        else:
            if not is_flat:
                nodes += [
                    Node("Transpose", [at], "by_row", {"perm": [0, 2, 3, 1]}),
                    Node("Flatten", ["by_row"], "flat", {}),
                ]
                at, is_flat = "flat", True
            nodes.append(Node("Gemm", [at, *names], sums, {"transB": 1}))
        constants[names[0]] = np.ascontiguousarray(signs)
        at = sums
        if weights.thresholds is not None:
            nodes.append(Node("Sign", [at], f"bits_{index}", {}))
            at = f"bits_{index}"
        if layer.pool:
            nodes.append(Node("MaxPool", [at], f"pooled_{index}", {"kernel_shape": [2, 2], "strides": [2, 2]}))
            at = f"pooled_{index}"
    nodes.append(Node("Identity", [at], OUTPUT, {}))
    inputs, outputs = {INPUT: ("n", CHANNELS, SIDE_PX, SIDE_PX)}, {OUTPUT: ("n", len(LABELS))}
    return onnx_writer.model(Graph(bundle.manifest.name, nodes, constants, inputs, outputs), _OPSET, _IR_VERSION)
