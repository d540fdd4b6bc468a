"""The cost of one MVTU: operations, weights, cycles, block RAM, LUTs, DSPs.

LUTs follow FINN-R's model (Blott et al., ACM TRETS 2018, arXiv 1809.04570) with FINN's constants
(finn/custom_op/fpgadataflow/hls/matrixvectoractivation_hls.py, lut_estimation). Block RAM follows what Vivado HLS does
with one array for each PE. Both are estimates; the README says how exact they are.
"""

from dataclasses import dataclass, replace
from enum import Enum
from math import ceil, log2

from binarycop.bundle.manifest import Layer
from overlays.networks.tables import Network

BRAM18_BITS = 18 * 1024
PIXEL_BITS = 8
XNORS_PER_DSP = 48  # in the two-input logic unit of a DSP48E1 (UG479), as OrthrusPE uses it (Fasfous, DATE 2020)

_LUTRAM_DEPTH = 64  # one LUT is 64 bits of memory; memories up to this depth are made of LUTs
_FIXED_LUTS, _LUTS_PER = 300, 1.1  # from FINN-R's experiments

# Depth and widest port of a RAMB18E1 in simple dual port mode (UG473, table 1-11). True dual port has no 512 × 36.
_SHAPES = ((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1))


class Weights(Enum):
    """How weights get into the chip.

    BAKED: read-only, in the bitstream, as in FINN. LOADABLE: written at run time through a second port, as in BNN-PYNQ.
    """

    BAKED = "baked"
    LOADABLE = "loadable"


@dataclass(frozen=True)
class Cost:
    """The cost of one MVTU.

    operations: for one image, two for each multiply-accumulate, as in the paper. cycles: for one image. memory_depth,
    memory_width: weight memory of each PE, in words and bits. bram18: RAMB18E1 of all PEs.
    """

    operations: int
    weight_bits: int
    cycles: int
    memory_depth: int
    memory_width: int
    bram18: int
    luts: int
    xnors: int

    @property
    def filled(self) -> float | None:
        """The share of the block RAMs' bits that hold weights; None if the weights are in LUTs."""
        return self.weight_bits / (self.bram18 * BRAM18_BITS) if self.bram18 else None


def mvtu_cost(layer: Layer, side_px: int, weights: Weights = Weights.BAKED) -> Cost:
    """Cost of one layer with ``side_px``² output pixels. Raises ValueError if its folding does not divide it."""
    if layer.fan_in % layer.simd or layer.outputs % layer.pe:
        raise ValueError(
            f"PE {layer.pe}, SIMD {layer.simd} do not divide a layer of {layer.outputs} outputs of {layer.fan_in}"
        )
    pixels, products = side_px * side_px, layer.fan_in * layer.outputs
    depth = products // (layer.pe * layer.simd)
    in_luts = weights is Weights.BAKED and depth <= _LUTRAM_DEPTH
    bits = _input_bits(layer)
    return Cost(
        operations=2 * pixels * products,
        weight_bits=products,
        cycles=pixels * depth,
        memory_depth=depth,
        memory_width=layer.simd,
        bram18=0 if in_luts else layer.pe * _ramb18(depth, layer.simd, weights),
        luts=_luts(layer, bits, depth if in_luts else 0),
        xnors=layer.pe * layer.simd if bits == 1 else 0,
    )


def network_costs(network: Network, weights: Weights = Weights.BAKED) -> tuple[Cost, ...]:
    """The cost of each layer with the network's folding."""
    return tuple(mvtu_cost(layer, side, weights) for layer, side in zip(network.layers, network.sides_px))


def with_folding(network: Network, folding: tuple[tuple[int, int], ...]) -> Network:
    """The network with another folding, (PE, SIMD) for each layer. Raises ValueError if it does not fit the layers."""
    if len(folding) != len(network.layers):
        raise ValueError(f"{network.name} has {len(network.layers)} layers, but the folding has {len(folding)}")
    layers = tuple(replace(layer, pe=pe, simd=simd) for layer, (pe, simd) in zip(network.layers, folding))
    for layer, side in zip(layers, network.sides_px):
        mvtu_cost(layer, side)
    return replace(network, layers=layers)


def dsps_for_xnors(network: Network, *, shared: bool) -> tuple[int, ...]:
    """The DSP48E1s of each layer for all its XNORs, 48 in each.

    shared: the PEs of a layer share DSPs; otherwise each PE has its own, as in OrthrusPE. FINN's ``resType`` dsp needs
    one DSP for each XNOR instead.
    """
    return tuple(
        (ceil(cost.xnors / XNORS_PER_DSP) if shared else layer.pe * ceil(layer.simd / XNORS_PER_DSP))
        if cost.xnors
        else 0
        for layer, cost in zip(network.layers, network_costs(network))
    )


def luts_of_xnors(xnors: int) -> int:
    """The LUTs of XNORs in FINN-R's model, which are saved if the XNORs are in DSPs. The adder trees stay in LUTs."""
    return round(_LUTS_PER * 2 * xnors)


def _input_bits(layer: Layer) -> int:
    return PIXEL_BITS if layer.kind == "conv" and layer.inputs == 3 else 1


def _ramb18(depth: int, width: int, weights: Weights) -> int:
    shapes = _SHAPES if weights is Weights.BAKED else _SHAPES[1:]
    return min(ceil(depth / rows) * ceil(width / columns) for rows, columns in shapes)


def _luts(layer: Layer, input_bits: int, lutram_depth: int) -> int:
    bits = 1 + input_bits
    products = layer.simd * (2 * ceil(bits / 6) - 1) * bits
    adders = bits * (2 * layer.simd - 1)
    accumulator = ceil(log2(layer.fan_in) + input_bits) + 1
    # Threshold memory and comparator. The last layer has none: its accumulators are the scores.
    has_threshold = layer.outputs != 4
    thresholds = accumulator * (ceil(layer.outputs / layer.pe / 64) + 1) if has_threshold else 0
    memory = layer.pe * layer.simd * ceil(lutram_depth / 64)
    return int(_FIXED_LUTS + _LUTS_PER * layer.pe * (products + adders + accumulator + thresholds) + memory)
