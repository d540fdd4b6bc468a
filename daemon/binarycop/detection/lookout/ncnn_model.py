"""A network in ncnn's formats: the layers as text, and the weights as bytes.

See ncnn's docs/developer-guide/operators.md and param-and-model-file-structure.md.
"""

from collections import Counter

from binarycop.detection.lookout.network import OUTPUTS, Conv, Network, Weights
from binarycop.detection.lookout.onnx_model import output_names

INPUT = "frame"
_MAGIC = 7767517
_FLOAT32 = bytes(4)  # the tag before weights that are plain float32


def param(network: Network, weights: Weights) -> str:
    """The text of layers. ncnn needs a ``Split`` layer after each output that several layers read."""
    reads = [index - layer.skip for index, layer in enumerate(network.layers) if layer.skip] + [
        head.after for head in network.heads
    ]
    readers = Counter([*range(len(network.layers) - 1), *reads])
    lines, copies = [f"Input {INPUT} 0 1 {INPUT}"], {-1: [INPUT]}
    for index, layer in enumerate(network.layers):
        output = f"plain{index}" if layer.skip else f"value{index}"
        lines.append(
            _convolution(f"layer{index}", copies[index - 1].pop(), output, layer, weights, relu=not layer.skip)
        )
        if layer.skip:
            lines.append(f"BinaryOp add{index} 2 1 {output} {copies[index - layer.skip].pop()} sum{index} 0=0")
            lines.append(f"ReLU relu{index} 1 1 sum{index} value{index}")
        copies[index] = [f"value{index}"]
        if readers[index] > 1:
            copies[index] = [f"copy{index}_{number}" for number in range(readers[index])]
            lines.append(f"Split split{index} 1 {readers[index]} value{index} {' '.join(copies[index])}")
    for index, head in enumerate(network.heads):
        layer = Conv(network.layers[head.after].outputs, OUTPUTS, 1, 1)
        lines.append(_convolution(f"head{index}", copies[head.after].pop(), f"head{index}", layer, weights, relu=False))
    # The second line of the file counts layers and blobs. Every layer's fourth field is its number of outputs.
    blobs = sum(int(line.split()[3]) for line in lines)
    return "\n".join([str(_MAGIC), f"{len(lines)} {blobs}", *lines, ""])


def model(network: Network, weights: Weights) -> bytes:
    """The weights in the order of the layers. Each layer has a tag, its weights, its biases."""
    names = [f"layer{index}" for index in range(len(network.layers))] + output_names(network)
    parts = [
        _FLOAT32 + weights[f"{name}.weight"].astype("<f4").tobytes() + weights[f"{name}.bias"].astype("<f4").tobytes()
        for name in names
    ]
    return b"".join(parts)


def _convolution(name: str, source: str, output: str, layer: Conv, weights: Weights, *, relu: bool) -> str:
    kind = "ConvolutionDepthWise" if layer.groups > 1 else "Convolution"
    # Keys of operators.md: outputs, kernel, stride, padding, has bias, number of weights; 7 groups; 9 ReLU.
    keys = {
        0: layer.outputs,
        1: layer.kernel,
        3: layer.stride,
        4: layer.padding,
        5: 1,
        6: weights[f"{name}.weight"].size,
    }
    if layer.groups > 1:
        keys[7] = layer.groups
    if relu:
        keys[9] = 1
    return f"{kind} {name} 1 1 {source} {output} " + " ".join(f"{key}={value}" for key, value in keys.items())
