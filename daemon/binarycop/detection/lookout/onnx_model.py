"""A network as an ONNX file in memory, for OpenCV."""

from binarycop import onnx_writer
from binarycop.detection.lookout.network import OUTPUTS, Conv, Network, Weights
from binarycop.onnx_writer import Graph, Node, Shape

INPUT = "frame"
_IR_VERSION, _OPSET = 7, 11


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
            nodes.append(Node("Add", [last, f"value{index - layer.skip}"], f"sum{index}", {}))
            last = f"sum{index}"
        nodes.append(Node("Relu", [last], f"value{index}", {}))
        last = f"value{index}"
    for index, head in enumerate(network.heads):
        nodes.append(_convolution(f"head{index}", f"value{head.after}", f"head{index}", Conv(0, OUTPUTS, 1, 1)))
    outputs: dict[str, Shape] = {
        name: (1, OUTPUTS, f"rows{index}", f"columns{index}") for index, name in enumerate(output_names(network))
    }
    graph = Graph(network.name, nodes, weights, {INPUT: (1, 3, "height", "width")}, outputs)
    return onnx_writer.model(graph, _OPSET, _IR_VERSION)


def _convolution(name: str, source: str, output: str, layer: Conv) -> Node:
    attributes: dict[str, int | list[int]] = {
        "kernel_shape": [layer.kernel] * 2,
        "strides": [layer.stride] * 2,
        "pads": [layer.padding] * 4,
        "dilations": [1, 1],
        "group": layer.groups,
    }
    return Node("Conv", [source, f"{name}.weight", f"{name}.bias"], output, attributes)
