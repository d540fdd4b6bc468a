"""A slow and simple reference for the emulator's tests: FINN's integer arithmetic in Python's own integers.

Binary layers are XNOR and popcount, as in the paper (section II-B): with bits for ±1, the dot product of K weights and
activations is K - 2·popcount(w XOR a).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from binarycop.bundle.files import Bundle, LayerWeights
from binarycop.bundle.manifest import KERNEL, Layer


def scores(bundle: Bundle, crop: NDArray[np.uint8]) -> list[int]:
    """The four scores of one crop, (32, 32, 3) uint8 RGB."""
    first, *others = zip(bundle.manifest.layers, bundle.weights)
    image = crop.tolist()
    bits = _pool(_first(image, first[1]), first[0])
    for layer, weights in others:
        if layer.kind == "conv":
            bits = _pool(_convolution(bits, layer, weights), layer)
        else:
            flat = [bit for row in bits for pixel in row for bit in pixel]
            sums = [_dot(_word(row.tolist()), _word(flat), layer.fan_in) for row in weights.bits]
            if weights.thresholds is None:
                return sums
            bits = [[_apply_thresholds(sums, weights)]]
    raise ValueError("a bundle's last layer has no thresholds")


def _first(image: list[list[list[int]]], weights: LayerWeights) -> list[list[list[bool]]]:
    """The first layer: 8-bit pixels times 1-bit weights."""
    signs = np.where(weights.bits, 1, -1).tolist()
    sums = [
        [[sum(pixel * sign for pixel, sign in zip(window, row)) for row in signs] for window in windows]
        for windows in _windows(image)
    ]
    return [[_apply_thresholds(pixel, weights) for pixel in row] for row in sums]


def _convolution(bits: list[list[list[bool]]], layer: Layer, weights: LayerWeights) -> list[list[list[bool]]]:
    rows = [_word(row.tolist()) for row in weights.bits]
    return [
        [_apply_thresholds([_dot(row, _word(window), layer.fan_in) for row in rows], weights) for window in windows]
        for windows in _windows(bits)
    ]


def _windows(image: Sequence[Sequence[Sequence[int]]]) -> list[list[list[int]]]:
    """Every 3×3 window as one flat list in the order (row, column, channel)."""
    size = range(KERNEL)
    height, width = len(image) - KERNEL + 1, len(image[0]) - KERNEL + 1
    return [
        [[value for dy in size for dx in size for value in image[y + dy][x + dx]] for x in range(width)]
        for y in range(height)
    ]


def _apply_thresholds(sums: list[int], weights: LayerWeights) -> list[bool]:
    if weights.thresholds is None:
        raise ValueError("a hidden layer needs thresholds")
    return [total >= threshold for total, threshold in zip(sums, weights.thresholds.tolist())]


def _pool(bits: list[list[list[bool]]], layer: Layer) -> list[list[list[bool]]]:
    """2×2 max-pool: the maximum of bits is OR. An odd last row or column is left out."""
    if not layer.pool:
        return bits
    return [
        [
            [a or b or c or d for a, b, c, d in zip(bits[y][x], bits[y][x + 1], bits[y + 1][x], bits[y + 1][x + 1])]
            for x in range(0, len(bits[0]) - 1, 2)
        ]
        for y in range(0, len(bits) - 1, 2)
    ]


def _word(bits: Sequence[int]) -> int:
    return sum(1 << index for index, bit in enumerate(bits) if bit)


def _dot(weights: int, activations: int, fan_in: int) -> int:
    return fan_in - 2 * (weights ^ activations).bit_count()
