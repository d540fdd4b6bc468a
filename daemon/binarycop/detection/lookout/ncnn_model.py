"""A network as ncnn takes it: its text of layers, and its weights in one row.

The formats are those of ncnn's docs/developer-guide/operators.md and param-and-model-file-structure.md.
"""

from collections import Counter

from binarycop.detection.lookout.network import OUTPUTS, Conv, Network, Weights
from binarycop.detection.lookout.onnx_model import outputs

INPUT = "frame"
_MAGIC = 7767517
_FLOAT32 = bytes(4)  # the flag before weights that are plain float32


def param(network: Network, weights: Weights) -> str:
    """The layers; a value that several layers read goes through a ``Split``, which ncnn wants said."""
    reads = [at - layer.skip for at, layer in enumerate(network.layers) if layer.skip] + [
        head.after for head in network.heads
    ]
    readers = Counter([*range(len(network.layers) - 1), *reads])
    lines, copies = [f"Input {INPUT} 0 1 {INPUT}"], {-1: [INPUT]}
    for at, layer in enumerate(network.layers):
        to = f"plain{at}" if layer.skip else f"value{at}"
        lines.append(_convolution(f"layer{at}", copies[at - 1].pop(), to, layer, weights, relu=not layer.skip))
        if layer.skip:
            lines.append(f"BinaryOp add{at} 2 1 {to} {copies[at - layer.skip].pop()} sum{at} 0=0")
            lines.append(f"ReLU relu{at} 1 1 sum{at} value{at}")
        copies[at] = [f"value{at}"]
        if readers[at] > 1:
            copies[at] = [f"copy{at}_{number}" for number in range(readers[at])]
            lines.append(f"Split split{at} 1 {readers[at]} value{at} {' '.join(copies[at])}")
    for at, head in enumerate(network.heads):
        plain = Conv(network.layers[head.after].outputs, OUTPUTS, 1, 1)
        lines.append(_convolution(f"head{at}", copies[head.after].pop(), f"head{at}", plain, weights, relu=False))
    # Each line names its inputs' and outputs' counts third and fourth; every output is a blob.
    blobs = sum(int(line.split()[3]) for line in lines)
    return "\n".join([str(_MAGIC), f"{len(lines)} {blobs}", *lines, ""])


def model(network: Network, weights: Weights) -> bytes:
    """The weights in the order of the layers: a flag, the weights, the biases."""
    names = [f"layer{at}" for at in range(len(network.layers))] + outputs(network)
    parts = [
        _FLOAT32 + weights[f"{name}.weight"].astype("<f4").tobytes() + weights[f"{name}.bias"].astype("<f4").tobytes()
        for name in names
    ]
    return b"".join(parts)


def _convolution(name: str, source: str, to: str, layer: Conv, weights: Weights, *, relu: bool) -> str:
    kind = "ConvolutionDepthWise" if layer.groups > 1 else "Convolution"
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
    return f"{kind} {name} 1 1 {source} {to} " + " ".join(f"{key}={value}" for key, value in keys.items())
