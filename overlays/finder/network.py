"""The network of ``lookout`` in torch: plain and depthwise convolutions with ReLU, one 1×1 head per stride.

The layers' table is the daemon's own (``binarycop.faces.lookout.network``); batch normalisation follows each of them
in training and is folded into weights and bias for the daemon.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from binarycop.faces.lookout.network import HEADS, LAYERS, VALUES

_MIDDLE, _SPREAD = 128.0, 64.0
_LIKELY = 0.01  # confidence of every cell before training (Lin et al. 2017, section 4.1)


class LookoutNet(nn.Module):  # type: ignore[misc]
    """frames (N, 3, H, W) BGR, 0 to 255; H and W are multiples of 32. Gives (N, 5, H/s, W/s) per stride s."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(
                    one.inputs,
                    one.outputs,
                    one.side,
                    one.stride,
                    one.side // 2 if at else 0,
                    groups=one.groups,
                    bias=False,
                ),
                nn.BatchNorm2d(one.outputs),
            )
            for at, one in enumerate(LAYERS)
        )
        for (_, norm), one in zip(self.trunk, LAYERS):
            if one.adds:
                # What adds begins by adding nothing (Goyal et al. 2017, section 5.1), so depth does no harm.
                nn.init.zeros_(norm.weight)
        self.heads = nn.ModuleList(nn.Conv2d(LAYERS[head.after].outputs, VALUES, 1) for head in HEADS)
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
            if LAYERS[at].adds:
                summed = summed + found[at - LAYERS[at].adds]
            values = found[at] = torch.relu(summed)
        return tuple(head(found[where.after]) for head, where in zip(self.heads, HEADS))


def _convolved(convolution: nn.Conv2d, values: Tensor) -> Tensor:
    if convolution.groups == 1 or convolution.stride[0] == 1:
        return convolution(values)
    # Every cell, and then each second one: torch's gradient of a strided depthwise convolution takes ten times as long.
    steps = convolution.stride[0]
    every = functional.conv2d(values, convolution.weight, padding=convolution.padding, groups=convolution.groups)
    return every[:, :, ::steps, ::steps]


def folded(net: LookoutNet) -> dict[str, NDArray[np.float16]]:
    """Weights (O, I, K, K) and biases (O,) by layer, for pixels as they are, in half precision."""
    kept: dict[str, NDArray[np.float16]] = {}
    for at, (layer, norm) in enumerate(net.trunk):
        scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach().double()
        weight = layer.weight.detach().double() * scale[:, None, None, None]
        bias = norm.bias.detach().double() - norm.running_mean.double() * scale
        if at == 0:
            weight = weight / _SPREAD
            bias = bias - _MIDDLE * weight.sum(dim=(1, 2, 3))
        kept[f"layer{at}.weight"], kept[f"layer{at}.bias"] = _half(weight), _half(bias)
    for at, head in enumerate(net.heads):
        kept[f"head{at}.weight"], kept[f"head{at}.bias"] = _half(head.weight.detach()), _half(head.bias.detach())
    return kept


def _half(values: Tensor) -> NDArray[np.float16]:
    return np.asarray(values.numpy().astype(np.float16))
