"""From trained floats to FINN's integers: batch normalisation and sign become one threshold per channel, exactly.

A channel fires where gamma·(acc - mean) / sqrt(var + eps) + beta >= 0. With gamma > 0 that is acc >= t with
t = mean - beta·sqrt(var + eps) / gamma, and as acc is whole, acc >= ceil(t). Where gamma < 0 the channel's weights
change sign first, and acc with them (FINN, Umuroglu et al. 2017, section 4.2.2).
"""

from fractions import Fraction
from math import ceil, isqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from binarycop.bundle.files import LayerWeights
from overlays.training.model import BinaryNet

_PIXEL_MOST = 255
_ROOT_BITS = 200  # of the square root's fraction: far beyond what float64 statistics can tell apart


def fold_batchnorm(net: BinaryNet) -> tuple[LayerWeights, ...]:
    """The network's integers in the order of a bundle. Raises ValueError where a parameter is not finite."""
    return tuple(
        _fold_layer(mvtu.weight, mvtu.norm, _PIXEL_MOST if index == 0 else 1) for index, mvtu in enumerate(net.mvtus)
    )


def threshold(gamma: float, beta: float, mean: float, variance: float, epsilon: float, most: int) -> tuple[bool, int]:
    """Whether the weights change sign, and the least accumulator that fires, from -most (always) to most + 1 (never).

    most: the accumulator's largest magnitude. The arithmetic is exact.
    """
    if gamma == 0:
        return False, -most if beta >= 0 else most + 1
    spread = _root(Fraction(variance) + Fraction(epsilon))
    turn = Fraction(mean) - Fraction(beta) * spread / Fraction(gamma)
    reach = ceil(turn) if gamma > 0 else ceil(-turn)
    return gamma < 0, min(max(reach, -most), most + 1)


def _fold_layer(weight: torch.Tensor, norm: nn.Module | None, most_input: int) -> LayerWeights:
    latent = weight.detach().cpu()
    if latent.ndim == 4:
        latent = latent.permute(0, 2, 3, 1)
    bits = (latent >= 0).flatten(1).numpy()
    if norm is None:
        return LayerWeights(bits, None)
    columns = [
        one.detach().cpu().double().tolist() for one in (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    ]
    if not np.isfinite(columns).all():
        raise ValueError("batch normalisation holds a number that is not finite")
    most = most_input * bits.shape[1]
    pairs = [threshold(gamma, beta, mean, variance, norm.eps, most) for gamma, beta, mean, variance in zip(*columns)]
    flips: NDArray[np.bool_] = np.array([flip for flip, _ in pairs])
    return LayerWeights(bits ^ flips[:, None], np.array([reach for _, reach in pairs], np.int32))


def _root(square: Fraction) -> Fraction:
    scale = 1 << (2 * _ROOT_BITS)
    return Fraction(isqrt(square.numerator * scale // square.denominator), 1 << _ROOT_BITS)
