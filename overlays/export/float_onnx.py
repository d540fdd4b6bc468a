"""A bundle's network as a plain float ONNX model, for speed comparisons with engines that do not know QONNX.

A threshold T becomes the bias -T + 0.5 before a Sign node, so float32 gives exactly the integer scores.
"""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from binarycop.bundle.files import Bundle
from binarycop.bundle.manifest import CHANNELS, KERNEL
from binarycop.classes import MaskClass
from binarycop.geometry import SIDE_PX

_OPSET = 13


def float_model(bundle: Bundle) -> onnx.ModelProto:
    """The model. Input ``pixels``: (N, 3, 32, 32) float32, 0 to 255. Output ``scores``: (N, 4) float32, integers."""
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []
    at, flat = "pixels", False

    def node(operation: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(operation, inputs, [output], **attributes))
        return output

    def constant(name: str, values: NDArray[np.generic]) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name

    for index, (layer, weights) in enumerate(zip(bundle.manifest.layers, bundle.weights)):
        signs = np.where(weights.bits, 1.0, -1.0)
        inputs = [at]
        bias = [] if weights.thresholds is None else [constant(f"bias_{index}", 0.5 - weights.thresholds)]
        if layer.kind == "conv":
            kernel = signs.reshape(layer.outputs, KERNEL, KERNEL, layer.inputs).transpose(0, 3, 1, 2)
            at = node("Conv", [*inputs, constant(f"weights_{index}", kernel), *bias], f"sums_{index}")
        else:
            if not flat:
                at = node("Flatten", [node("Transpose", inputs, "channels_last", perm=[0, 2, 3, 1])], "flat")
                flat = True
            at = node("Gemm", [at, constant(f"weights_{index}", signs), *bias], f"sums_{index}", transB=1)
        if bias:
            at = node("Sign", [at], f"bits_{index}")
        if layer.pool:
            at = node("MaxPool", [at], f"pooled_{index}", kernel_shape=[2, 2], strides=[2, 2])
    node("Identity", [at], "scores")
    shape = ["n", CHANNELS, SIDE_PX, SIDE_PX]
    graph = helper.make_graph(
        nodes,
        bundle.manifest.name,
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", len(MaskClass)])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model
