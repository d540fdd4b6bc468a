"""The networks of ``lookout`` in torch: plain and depthwise convolutions with ReLU, and 1×1 heads.

The layers' tables are the daemon's own (``binarycop.detection.lookout.network``); batch normalisation follows each of them
in training and is folded into weights and bias for the daemon.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from binarycop.detection.lookout.network import OUTPUTS, Network, Weights

_MIDDLE, _SPREAD = 128.0, 64.0
_LIKELY = 0.01  # confidence of every cell before training (Lin et al. 2017, section 4.1)


class LookoutNet(nn.Module):  # type: ignore[misc]
    """frames (N, 3, H, W) BGR, 0 to 255, of a size that the network takes. Gives (N, 5, rows, columns) per head."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.trunk = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(
                    one.inputs,
                    one.outputs,
                    one.kernel,
                    one.stride,
                    one.padding if at else 0,
                    groups=one.groups,
                    bias=False,
                ),
                nn.BatchNorm2d(one.outputs),
            )
            for at, one in enumerate(network.layers)
        )
        for (_, norm), one in zip(self.trunk, network.layers):
            if one.skip:
                # What adds begins by adding nothing (Goyal et al. 2017, section 5.1), so depth does no harm.
                nn.init.zeros_(norm.weight)
        self.heads = nn.ModuleList(nn.Conv2d(network.layers[head.after].outputs, OUTPUTS, 1) for head in network.heads)
        for head in self.heads:
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)
            nn.init.constant_(head.bias[:1], float(np.log(_LIKELY / (1 - _LIKELY))))

    def forward(self, frames: Tensor) -> tuple[Tensor, ...]:
        """Raw values: confidence before its sigmoid, then offset and size."""
        # Black beyond the edge, as in the daemon, where the scale is part of the first layer's weights.
        values = functional.pad((frames - _MIDDLE) / _SPREAD, (1, 1, 1, 1), value=-_MIDDLE / _SPREAD)
        found: dict[int, Tensor] = {}
        for at, (convolution, norm) in enumerate(self.trunk):
            summed = norm(_convolved(convolution, values))
            if adds := self.network.layers[at].skip:
                summed = summed + found[at - adds]
            values = found[at] = torch.relu(summed)
        return tuple(head(found[where.after]) for head, where in zip(self.heads, self.network.heads))


def _convolved(convolution: nn.Conv2d, values: Tensor) -> Tensor:
    if convolution.groups == 1 or convolution.stride[0] == 1:
        return convolution(values)
    # Every cell, and then each second one: torch's gradient of a strided depthwise convolution takes ten times as long.
    steps = convolution.stride[0]
    every = functional.conv2d(values, convolution.weight, padding=convolution.padding, groups=convolution.groups)
    return every[:, :, ::steps, ::steps]


@torch.no_grad()  # type: ignore[untyped-decorator]
def unfold_batchnorm(network: Network, weights: Weights, frames: Tensor) -> LookoutNet:
    """A network to train on that gives what plain weights give; its normalisation is that of frames (N, 3, H, W)."""
    net: LookoutNet = LookoutNet(network).eval()
    hooks = []
    for at, (convolution, norm) in enumerate(net.trunk):
        weight, bias = (torch.from_numpy(np.array(weights[f"layer{at}.{kind}"])) for kind in ("weight", "bias"))
        if at == 0:
            bias = bias + _MIDDLE * weight.sum(dim=(1, 2, 3))
            weight = weight * _SPREAD
        # Of the size that training would have begun with: normalisation hides it, but steps are as large for all.
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
    """What sets a normalisation by the first values that it sees, so that it multiplies by scale and adds bias."""

    def measure(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        spread, mean = torch.var_mean(inputs[0], dim=(0, 2, 3))
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(spread)
        norm.weight.copy_(scale * torch.sqrt(spread + norm.eps))
        norm.bias.copy_(bias + mean * scale)

    return measure


def fold_batchnorm(net: LookoutNet) -> Weights:
    """Weights (O, I, K, K) and biases (O,) by layer, for pixels as they are."""
    kept: dict[str, NDArray[np.float32]] = {}
    for at, (layer, norm) in enumerate(net.trunk):
        scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach().double()
        weight = layer.weight.detach().double() * scale[:, None, None, None]
        bias = norm.bias.detach().double() - norm.running_mean.double() * scale
        if at == 0:
            weight = weight / _SPREAD
            bias = bias - _MIDDLE * weight.sum(dim=(1, 2, 3))
        kept[f"layer{at}.weight"], kept[f"layer{at}.bias"] = _plain(weight), _plain(bias)
    for at, head in enumerate(net.heads):
        kept[f"head{at}.weight"], kept[f"head{at}.bias"] = _plain(head.weight.detach()), _plain(head.bias.detach())
    return kept


def _plain(values: Tensor) -> NDArray[np.float32]:
    return np.asarray(values.numpy(), np.float32)
