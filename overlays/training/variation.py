"""Cheap data augmentation of a batch, different each time a crop is seen: light, tint, focus, sharpening, noise."""

import torch
from torch import Tensor
from torch.nn import functional

_GAIN, _TINT, _LIFT = 0.10, 0.03, 4.0  # standard deviations; the first two of logarithms
_FOCUS, _NOISE = 0.3, 0.25  # shares of the crops
_BLUR, _SHARPEN, _MAX_NOISE = 0.7, -0.5, 6.0


def vary(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Augment crops (N, 3, 32, 32): uint8 to float, whole numbers from 0 to 255."""
    count = len(pixels)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    crops = pixels.float()
    chosen = torch.rand(count, generator=generator) < _FOCUS
    amount = _SHARPEN + (_BLUR - _SHARPEN) * torch.rand((int(chosen.sum()), 1, 1, 1), generator=generator)
    sharp = crops[chosen]
    soft = functional.avg_pool2d(sharp, 3, stride=1, padding=1, count_include_pad=False)
    crops[chosen] = torch.lerp(sharp, soft, amount)
    gain = torch.exp(_GAIN * normal(count, 1, 1, 1) + _TINT * normal(count, 3, 1, 1))
    crops = crops * gain + _LIFT * normal(count, 1, 1, 1)
    noisy = torch.rand(count, generator=generator) < _NOISE
    strength = _MAX_NOISE * torch.rand((int(noisy.sum()), 1, 1, 1), generator=generator)
    crops[noisy] += strength * normal(int(noisy.sum()), *crops.shape[1:])
    return crops.round_().clamp_(0, 255)
