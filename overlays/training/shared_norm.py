"""Batch normalisation with the statistics of all processes' batch. PyTorch's own, SyncBatchNorm, needs GPUs."""

from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

from overlays.training.model import BinaryNet


class _Total(torch.autograd.Function):  # type: ignore[misc]
    """The sum over all processes. Every process' loss depends on it, so its gradient is the sum of their gradients."""

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        total = part.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        distributed.all_reduce(total)
        return total


class SharedBatchNorm(_BatchNorm):  # type: ignore[misc]
    """Takes the place of a PyTorch batch normalisation, with the same parameters and names.

    All processes must have equally large parts of the batch.
    """

    def __init__(self, norm: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
        super().__init__(norm.num_features, norm.eps, norm.momentum)
        self.weight, self.bias = norm.weight, norm.bias
        self.running_mean, self.running_var = norm.running_mean, norm.running_var
        self.num_batches_tracked = norm.num_batches_tracked

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, C) or (N, C, H, W), this process' part of the batch. Returns the same layout and type."""
        if not self.training:
            normalised: Tensor = super().forward(x)
            return normalised
        others, shape = [axis for axis in range(x.ndim) if axis != 1], [1, -1, *[1] * (x.ndim - 2)]
        values = x.float()
        count = values.numel() // values.shape[1] * distributed.get_world_size()
        mean = _Total.apply(values.sum(others)) / count
        centred = values - mean.view(shape)
        variance = _Total.apply((centred * centred).sum(others)) / count
        self._remember(mean.detach(), variance.detach() * (count / (count - 1)))
        scale = self.weight * torch.rsqrt(variance + self.eps)
        result: Tensor = centred * scale.view(shape) + self.bias.view(shape)
        return result.to(x.dtype)

    def _check_input_dim(self, x: Tensor) -> None:
        """Accepts both layouts."""

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


def share_statistics(net: BinaryNet) -> None:
    """Replace the batch normalisations of a network, in place."""
    for mvtu in net.mvtus:
        if mvtu.norm is not None:
            mvtu.norm = SharedBatchNorm(mvtu.norm)
