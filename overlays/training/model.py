"""The binary neural network in torch: FINN's exact arithmetic forwards, straight-through estimators backwards.

Weights and hidden activations are ±1 (Fasfous et al., RAW 2021, section II). The first layer takes raw pixels, 0 to
255, so every accumulator is an integer, and batch normalisation and sign become one integer threshold per channel.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from binarycop.bundle.manifest import KERNEL, Layer
from overlays.networks.tables import Network


class _Sign(torch.autograd.Function):  # type: ignore[misc]
    """±1 forwards; backwards the gradient passes where |x| <= 1, as in a hard tanh."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.copysign(torch.ones((), dtype=x.dtype, device=x.device), x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        passed: Tensor = torch.ops.aten.hardtanh_backward(gradient.to(x.dtype), x, -1.0, 1.0)
        return passed


def sign(x: Tensor) -> Tensor:
    """±1 with a straight-through gradient; 0 becomes +1.

    During training -0.0 becomes -1: copysign needs one pass over the memory, a comparison needs three.
    """
    if not torch.is_grad_enabled():
        return torch.where(x >= 0, 1.0, -1.0)
    result: Tensor = _Sign.apply(x)
    return result


class Mvtu(nn.Module):  # type: ignore[misc]
    """One layer: binary weights, then batch normalisation, pool and sign; the last layer has weights only.

    weight: latent weights, (outputs, inputs, 3, 3) or (outputs, inputs). With ``is_binary`` false it is a layer of the
    full-precision reference: real weights, and a rectifier in place of the sign.
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
        """x: (N, C, H, W), or (N, C) for a fully connected layer. Returns the same layout."""
        weight = sign(self.weight) if self.is_binary else self.weight
        if self.layer.kind == "conv":
            sums = functional.conv2d(x, weight)
        else:
            # FINN streams features in the order row, column, channel.
            sums = functional.linear(x.permute(0, 2, 3, 1).flatten(1) if x.ndim == 4 else x, weight)
        if self.norm is None:
            return sums
        # The largest of four signs is the sign of the largest value, so pooling can come first: it is faster, and the
        # gradient goes to the largest value.
        level = self.norm(sums)
        pooled = functional.max_pool2d(level, 2) if self.layer.pool else level
        return sign(pooled) if self.is_binary else functional.relu(pooled)


class BinaryNet(nn.Module):  # type: ignore[misc]
    """A complete network. ``forward`` returns the four scores, ``logits`` the scores scaled for the loss.

    Scores are integers, except in the full-precision reference (``is_binary`` false).
    """

    def __init__(self, network: Network, *, is_binary: bool = True) -> None:
        super().__init__()
        last = len(network.layers) - 1
        self.network, self.is_binary = network, is_binary
        self.mvtus = nn.ModuleList(
            Mvtu(layer, is_last=index == last, is_binary=is_binary) for index, layer in enumerate(network.layers)
        )
        # Scale of the scores in the loss. It is not exported.
        self.log_scale = nn.Parameter(torch.tensor(-2.5 if is_binary else 0.0))

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels: (N, 3, 32, 32) float, 0 to 255. Returns (N, 4) float."""
        x = pixels
        for mvtu in self.mvtus:
            x = mvtu(x)
        return x

    def logits(self, pixels: Tensor) -> Tensor:
        """The scores times the learned scale, for cross-entropy; (N, 4)."""
        scaled: Tensor = self(pixels) * self.log_scale.exp()
        return scaled

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def clip(self) -> None:
        """Limit latent weights to the range in which their gradient passes."""
        for mvtu in self.mvtus:
            if mvtu.is_binary:
                mvtu.weight.clamp_(-1, 1)
