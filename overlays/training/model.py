"""The binarised network as torch trains it: exactly FINN's arithmetic forwards, straight-through estimators backwards.

Weights and hidden activations are ±1 (paper, section II). The first layer takes raw pixels, 0 to 255, so every
accumulator is a whole number and batch normalisation with its sign folds into an integer threshold per channel.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from binarycop.bundle.manifest import KERNEL, Layer
from overlays.networks.tables import Network


class _Sign(torch.autograd.Function):  # type: ignore[misc]
    """±1; the gradient passes where |x| <= 1, as through a hard tanh."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.copysign(torch.ones((), dtype=x.dtype, device=x.device), x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        passed: Tensor = torch.ops.aten.hardtanh_backward(gradient.to(x.dtype), x, -1.0, 1.0)  # one pass over memory
        return passed


def sign(x: Tensor) -> Tensor:
    """±1, 0 giving +1, with a straight-through gradient.

    While training, -0.0 gives -1: copysign takes one pass over memory where a comparison takes three.
    """
    if not torch.is_grad_enabled():
        return torch.where(x >= 0, 1.0, -1.0)
    result: Tensor = _Sign.apply(x)
    return result


class Mvtu(nn.Module):  # type: ignore[misc]
    """One layer: binary weights, then (but for the last) batch normalisation, pool and sign.

    weight: latent, (outputs, inputs, 3, 3) or (outputs, inputs). Not binary, it is the reference in full precision:
    the weights as they are, and a rectifier for the sign.
    """

    def __init__(self, layer: Layer, *, is_last: bool, is_binary: bool = True) -> None:
        super().__init__()
        self.layer, self.is_binary = layer, is_binary
        shape = (layer.outputs, layer.inputs) + ((KERNEL, KERNEL) if layer.kind == "conv" else ())
        bound = 0.5 if is_binary else (6 / layer.fan_in) ** 0.5
        self.weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
        self.norm = (
            None
            if is_last
            else nn.BatchNorm2d(layer.outputs)
            if layer.kind == "conv"
            else nn.BatchNorm1d(layer.outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Takes and gives (N, C, H, W), or (N, C) in a fully connected layer."""
        weight = sign(self.weight) if self.is_binary else self.weight
        if self.layer.kind == "conv":
            sums = functional.conv2d(x, weight)
        else:
            # Features come in the order (row, column, channel), as FINN streams them.
            sums = functional.linear(x.permute(0, 2, 3, 1).flatten(1) if x.ndim == 4 else x, weight)
        if self.norm is None:
            return sums
        # The largest of four signs is the sign of the largest; pooling first is faster, and sends the gradient to it.
        level = self.norm(sums)
        pooled = functional.max_pool2d(level, 2) if self.layer.pool else level
        return sign(pooled) if self.is_binary else functional.relu(pooled)


class BinaryNet(nn.Module):  # type: ignore[misc]
    """A whole network. ``forward`` gives the four scores, ``logits`` what the loss sees of them.

    The scores are whole numbers, but for the reference in full precision (``is_binary`` false).
    """

    def __init__(self, network: Network, *, is_binary: bool = True) -> None:
        super().__init__()
        last = len(network.layers) - 1
        self.network, self.is_binary = network, is_binary
        self.mvtus = nn.ModuleList(
            Mvtu(layer, is_last=index == last, is_binary=is_binary) for index, layer in enumerate(network.layers)
        )
        # Of the scores towards the loss; not exported.
        self.log_scale = nn.Parameter(torch.tensor(-2.5 if is_binary else 0.0))

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels: (N, 3, 32, 32) float, 0 to 255. Returns (N, 4) float."""
        x = pixels
        for mvtu in self.mvtus:
            x = mvtu(x)
        return x

    def logits(self, pixels: Tensor) -> Tensor:
        """The scores scaled by what training found fit for cross-entropy."""
        scaled: Tensor = self(pixels) * self.log_scale.exp()
        return scaled

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def clip(self) -> None:
        """Keep latent weights where their gradient still passes."""
        for mvtu in self.mvtus:
            if mvtu.is_binary:
                mvtu.weight.clamp_(-1, 1)
