"""Weights and thresholds of a layer as constants of SystemVerilog, in the form that its stage's modules want."""

import numpy as np
from numpy.typing import NDArray

from binarycop.bundle.files import LayerWeights
from overlays.rtl.stage import Stage, Weights


def literal(bits: NDArray[np.bool_]) -> str:
    """Bits as a hexadecimal literal; the first is the lowest one."""
    packed = np.packbits(bits, bitorder="little").tobytes()
    return f"{len(bits)}'h{int.from_bytes(packed, 'little'):0{-(-len(bits) // 4)}x}"


def words(numbers: NDArray[np.int64], width: int) -> str:
    """Numbers in two's complement as one hexadecimal literal; the first has the lowest bits."""
    joined = sum((number % (1 << width)) << (index * width) for index, number in enumerate(numbers.tolist()))
    total = len(numbers) * width
    return f"{total}'h{joined:0{-(-total // 4)}x}"


def thresholds(stage: Stage, weights: LayerWeights) -> str:
    """Thresholds in the units of the stage's sums. One outside their range is clamped to just outside it.

    Raises ValueError if the layer has none.
    """
    if weights.thresholds is None:
        raise ValueError(f"{stage.name} has no thresholds; only the last layer may have none")
    fan_in, sum_bits = stage.layer.fan_in, stage.sum_bits
    own = weights.thresholds.astype(np.int64)
    if stage.weights is Weights.PIXELS:
        largest = fan_in * 255 + 1
        return words(np.clip(own, -largest, largest), sum_bits + 2)
    lowest = -(-(own + fan_in) // 2)  # number of agreeing bits: 2 · agreeing - K >= T
    if stage.weights is Weights.BITPLANES:
        lowest = own + 255 * (~weights.bits).sum(axis=1)
    return words(np.clip(lowest, 0, 1 << sum_bits), sum_bits + 1)


def rarer_counts(bits: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The number of weights of each output's rarer sign, for bits (outputs, inputs)."""
    ones = bits.sum(axis=1)
    return np.asarray(np.minimum(ones, bits.shape[1] - ones))
