"""Conversion of batch normalisation and sign to one integer threshold for each channel, without rounding errors.

A channel outputs +1 if gamma·(acc - mean) / sqrt(var + eps) + beta >= 0. For gamma > 0 this means acc >= t with
t = mean - beta·sqrt(var + eps) / gamma, and since acc is an integer, acc >= ceil(t). For gamma < 0 the weights of the
channel, and so acc, change their sign first (FINN, Umuroglu et al. 2017, section 4.2.2).
"""

from fractions import Fraction
from math import ceil, isqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from binarycop.bundle.files import LayerWeights
from overlays.training.model import BinaryNet

_MAX_PIXEL = 255
_ROOT_BITS = 200  # of the square root's fraction: far more precise than the float64 statistics


def fold_batchnorm(net: BinaryNet) -> tuple[LayerWeights, ...]:
    """A network's weights and thresholds in the form of a bundle. Raises ValueError if a parameter is not finite."""
    return tuple(
        _fold_layer(mvtu.weight, mvtu.norm, _MAX_PIXEL if index == 0 else 1) for index, mvtu in enumerate(net.mvtus)
    )


def threshold(gamma: float, beta: float, mean: float, variance: float, epsilon: float, limit: int) -> tuple[bool, int]:
    """Whether the weights change their sign, and the threshold: from -limit (always +1) to limit + 1 (never).

    limit: the largest absolute value of the accumulator. The arithmetic is exact.
    """
    if gamma == 0:
        return False, -limit if beta >= 0 else limit + 1
    deviation = _root(Fraction(variance) + Fraction(epsilon))
    zero = Fraction(mean) - Fraction(beta) * deviation / Fraction(gamma)
    value = ceil(zero) if gamma > 0 else ceil(-zero)
    return gamma < 0, min(max(value, -limit), limit + 1)


def _fold_layer(weight: torch.Tensor, norm: nn.Module | None, max_input: int) -> LayerWeights:
    latent = weight.detach().cpu()
    if latent.ndim == 4:
        latent = latent.permute(0, 2, 3, 1)
    bits = (latent >= 0).flatten(1).numpy()
    if norm is None:
        return LayerWeights(bits, None)
    columns = [
        values.detach().cpu().double().tolist()
        for values in (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    ]
    if not np.isfinite(columns).all():
        raise ValueError("a parameter of batch normalisation is not finite")
    limit = max_input * bits.shape[1]
    pairs = [threshold(gamma, beta, mean, variance, norm.eps, limit) for gamma, beta, mean, variance in zip(*columns)]
    flips: NDArray[np.bool_] = np.array([flip for flip, _ in pairs])
    return LayerWeights(bits ^ flips[:, None], np.array([value for _, value in pairs], np.int32))


def _root(square: Fraction) -> Fraction:
    scale = 1 << (2 * _ROOT_BITS)
    return Fraction(isqrt(square.numerator * scale // square.denominator), 1 << _ROOT_BITS)
