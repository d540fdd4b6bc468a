"""The networks of ``lookout`` in torch: plain and depthwise convolutions with ReLU, and 1×1 heads.

The tables of layers are the daemon's own (``binarycop.detection.lookout.network``). In training, batch normalisation
follows each layer; for the daemon it is folded into weights and bias.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from binarycop.detection.lookout.network import OUTPUTS, Network, Weights

_PIXEL_MEAN, _PIXEL_SCALE = 128.0, 64.0
_INITIAL_CONFIDENCE = 0.01  # of every cell before training (Lin et al. 2017, section 4.1)


class LookoutNet(nn.Module):  # type: ignore[misc]
    """One of the two networks, for training.

    Input: frames (N, 3, H, W) BGR, 0 to 255, of a size that the network accepts. Output: (N, 5, rows, columns) for
    each head.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.trunk = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(
                    layer.inputs,
                    layer.outputs,
                    layer.kernel,
                    layer.stride,
                    layer.padding if at else 0,
                    groups=layer.groups,
                    bias=False,
                ),
                nn.BatchNorm2d(layer.outputs),
            )
            for at, layer in enumerate(network.layers)
        )
        for (_, norm), layer in zip(self.trunk, network.layers):
            if layer.skip:
                # A layer with a skip connection starts at zero (Goyal et al. 2017, section 5.1): depth does no harm.
                nn.init.zeros_(norm.weight)
        self.heads = nn.ModuleList(nn.Conv2d(network.layers[head.after].outputs, OUTPUTS, 1) for head in network.heads)
        for head in self.heads:
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)
            nn.init.constant_(head.bias[:1], float(np.log(_INITIAL_CONFIDENCE / (1 - _INITIAL_CONFIDENCE))))

    def forward(self, frames: Tensor) -> tuple[Tensor, ...]:
        """Raw outputs: the confidence before its sigmoid, then offset and size."""
        # The padding is black, as in the daemon, where this scaling is part of the first layer's weights.
        values = functional.pad((frames - _PIXEL_MEAN) / _PIXEL_SCALE, (1, 1, 1, 1), value=-_PIXEL_MEAN / _PIXEL_SCALE)
        outputs: dict[int, Tensor] = {}
        for at, (convolution, norm) in enumerate(self.trunk):
            summed = norm(_convolved(convolution, values))
            if skip := self.network.layers[at].skip:
                summed = summed + outputs[at - skip]
            values = outputs[at] = torch.relu(summed)
        return tuple(head(outputs[where.after]) for head, where in zip(self.heads, self.network.heads))


def _convolved(convolution: nn.Conv2d, values: Tensor) -> Tensor:
    if convolution.groups == 1 or convolution.stride[0] == 1:
        return convolution(values)
    # Torch's gradient of a strided depthwise convolution takes ten times as long as computing all cells.
    step = convolution.stride[0]
    every = functional.conv2d(values, convolution.weight, padding=convolution.padding, groups=convolution.groups)
    return every[:, :, ::step, ::step]


@torch.no_grad()  # type: ignore[untyped-decorator]
def unfold_batchnorm(network: Network, weights: Weights, frames: Tensor) -> LookoutNet:
    """The inverse of ``fold_batchnorm``: a network to continue training with, which computes what the weights compute.

    frames: (N, 3, H, W), from which the statistics of batch normalisation are measured.
    """
    net: LookoutNet = LookoutNet(network).eval()
    hooks = []
    for at, (convolution, norm) in enumerate(net.trunk):
        weight, bias = (torch.from_numpy(np.array(weights[f"layer{at}.{kind}"])) for kind in ("weight", "bias"))
        if at == 0:
            bias = bias + _PIXEL_MEAN * weight.sum(dim=(1, 2, 3))
            weight = weight * _PIXEL_SCALE
        # Weights get the size that they have at the start of training. The output is the same, but the size
        # determines how much an optimiser step changes.
        scale = weight.flatten(1).std(dim=1).clamp(min=1e-8) * (weight[0].numel() / 2) ** 0.5
        convolution.weight.copy_(weight / scale[:, None, None, None])
        hooks.append(norm.register_forward_pre_hook(_measured(scale, bias)))
    for at, head in enumerate(net.heads):
        head.weight.copy_(torch.from_numpy(np.array(weights[f"head{at}.weight"])))
        head.bias.copy_(torch.from_numpy(np.array(weights[f"head{at}.bias"])))
    net(frames)
    for hook in hooks:
        hook.remove()
    net.train()
    return net


def _measured(scale: Tensor, bias: Tensor) -> Callable[[nn.BatchNorm2d, tuple[Tensor]], None]:
    """A hook that sets a batch normalisation from its first input so that it multiplies by scale and adds bias."""

    def measure(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        spread, mean = torch.var_mean(inputs[0], dim=(0, 2, 3))
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(spread)
        norm.weight.copy_(scale * torch.sqrt(spread + norm.eps))
        norm.bias.copy_(bias + mean * scale)

    return measure


def fold_batchnorm(net: LookoutNet) -> Weights:
    """Weights (O, I, K, K) and biases (O,) by layer, for pixels from 0 to 255."""
    kept: dict[str, NDArray[np.float32]] = {}
    for at, (layer, norm) in enumerate(net.trunk):
        scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach().double()
        weight = layer.weight.detach().double() * scale[:, None, None, None]
        bias = norm.bias.detach().double() - norm.running_mean.double() * scale
        if at == 0:
            weight = weight / _PIXEL_SCALE
            bias = bias - _PIXEL_MEAN * weight.sum(dim=(1, 2, 3))
        kept[f"layer{at}.weight"], kept[f"layer{at}.bias"] = _plain(weight), _plain(bias)
    for at, head in enumerate(net.heads):
        kept[f"head{at}.weight"], kept[f"head{at}.bias"] = _plain(head.weight.detach()), _plain(head.bias.detach())
    return kept


def _plain(values: Tensor) -> NDArray[np.float32]:
    return np.asarray(values.numpy(), np.float32)
