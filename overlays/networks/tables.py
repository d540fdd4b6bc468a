"""BinaryCoP's three networks with the folding of the paper's Table I (Fasfous et al., RAW 2021).

All convolutions are 3×3 without padding. A 2×2 max-pool follows each of the first two pairs of convolutions.
"""

from dataclasses import dataclass

from binarycop.bundle.manifest import CHANNELS, KERNEL, Layer
from binarycop.classes import MaskClass
from binarycop.geometry import SIDE_PX

CLASSES = len(MaskClass)
CLOCK_MHZ = 100.0


@dataclass(frozen=True)
class Network:
    """The layers of a network in the order of the dataflow. output_type: FINN's type of the four scores."""

    name: str
    layers: tuple[Layer, ...]
    output_type: str

    @property
    def weight_bits(self) -> int:
        """Number of binary weights."""
        return sum(layer.fan_in * layer.outputs for layer in self.layers)

    @property
    def sides_px(self) -> tuple[int, ...]:
        """Height (and width) of each layer's output before its pool; 1 for fully connected layers."""
        sides, side = [], SIDE_PX
        for layer in self.layers:
            side = side - KERNEL + 1 if layer.kind == "conv" else 1
            sides.append(side)
            side = side // 2 if layer.pool else side
        return tuple(sides)

    @property
    def cycles(self) -> tuple[int, ...]:
        """Clock cycles of each MVTU for one image: output pixels × (K / SIMD) × (outputs / PE)."""
        return tuple(
            side * side * (layer.fan_in // layer.simd) * (layer.outputs // layer.pe)
            for side, layer in zip(self.sides_px, self.layers)
        )


def _conv(inputs: int, outputs: int, pe: int, simd: int, *, pool: bool = False) -> Layer:
    return Layer("conv", inputs, outputs, pool, pe, simd)


def _fc(inputs: int, outputs: int, pe: int, simd: int) -> Layer:
    return Layer("fc", inputs, outputs, False, pe, simd)


CNV = Network(
    "cnv",
    (
        _conv(CHANNELS, 64, 16, 3),
        _conv(64, 64, 32, 32, pool=True),
        _conv(64, 128, 16, 32),
        _conv(128, 128, 16, 32, pool=True),
        _conv(128, 256, 4, 32),
        _conv(256, 256, 1, 32),
        _fc(256, 512, 1, 4),
        _fc(512, 512, 1, 8),
        _fc(512, CLASSES, 4, 1),
    ),
    "INT13",
)

N_CNV = Network(
    "n-cnv",
    (
        _conv(CHANNELS, 16, 16, 3),
        _conv(16, 16, 16, 16, pool=True),
        _conv(16, 32, 16, 16),
        _conv(32, 32, 16, 32, pool=True),
        _conv(32, 64, 4, 32),
        _conv(64, 64, 1, 32),
        _fc(64, 128, 1, 4),
        _fc(128, 128, 1, 8),
        _fc(128, CLASSES, 1, 1),
    ),
    "INT11",
)

U_CNV = Network(
    "u-cnv",
    (
        _conv(CHANNELS, 16, 4, 3),
        _conv(16, 16, 4, 16, pool=True),
        _conv(16, 32, 4, 16),
        _conv(32, 32, 4, 32, pool=True),
        _conv(32, 64, 1, 32),
        _fc(576, 128, 1, 16),
        _fc(128, CLASSES, 1, 1),
    ),
    "INT11",
)

NETWORKS = {network.name: network for network in (CNV, N_CNV, U_CNV)}
