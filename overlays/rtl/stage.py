"""One layer of a network as a stage of the pipeline: its folding, and the clocks and LUTs that it takes."""

from dataclasses import dataclass
from enum import Enum

from binarycop.bundle.manifest import KERNEL, Layer
from overlays.rtl.compressor_tree import Tree, tree

RAMB18_BITS = {1: 16384, 2: 8192, 4: 4096, 9: 2048, 18: 1024, 36: 512}  # words of a RAMB18 by their width (UG473)
LUTS_PER_RAMB18 = 30  # the cost of a RAMB18 in LUTs: low, since nothing else here needs block RAM
XNORS_PER_DSP = 48
PIXEL_BITS = 8
_LUT_INPUTS = 6
_WEIGHTS_AND_ACTIVATIONS = 3  # activations in a table of six inputs, next to their weights


class Weights(Enum):
    """Where a stage has its weights. PIXELS and BITPLANES: the first layer, whose weights are constants too.

    Its inputs are numbers of 8 bits, which PIXELS takes at once and BITPLANES bit by bit.
    """

    PIXELS = "pixels"
    BITPLANES = "bitplanes"
    CONSTANT = "constant"
    ROM = "rom"
    ROM_AND_DSP = "rom-and-dsp"


@dataclass(frozen=True)
class Stage:
    """A layer and its folding.

    side_px: rows and columns of its input; a fully connected layer takes all of it as one vector. fold: outputs that a
    PE computes one after the other. passes: parts in which a PE takes its inputs. gives_scores: it is the last layer.
    """

    name: str
    layer: Layer
    side_px: int
    weights: Weights
    fold: int = 1
    passes: int = 1
    gives_scores: bool = False

    @property
    def pixels(self) -> int:
        """Words of the input of an image."""
        return self.side_px * self.side_px

    @property
    def output_side_px(self) -> int:
        """Rows of the output, before the pool."""
        return self.side_px - KERNEL + 1 if self.layer.kind == "conv" else 1

    @property
    def windows(self) -> int:
        """Vectors of an image that the matrix unit takes."""
        return self.output_side_px**2

    @property
    def steps(self) -> int:
        """Clocks that the matrix unit takes for a window."""
        return self.fold * self.passes

    @property
    def clocks(self) -> int:
        """Clocks for an image: one for each pixel, and for each window the steps in which no pixel can be taken."""
        return self.pixels + self.windows * (self.steps - 1)

    @property
    def pes(self) -> int:
        """PEs, which work in parallel."""
        return self.layer.outputs // self.fold

    @property
    def lanes(self) -> int:
        """Inputs of a PE."""
        return self.layer.fan_in if self.weights is Weights.BITPLANES else self.layer.fan_in // self.passes

    @property
    def in_rom(self) -> bool:
        """Whether the weights are in a ROM."""
        return self.weights in (Weights.ROM, Weights.ROM_AND_DSP)

    @property
    def group(self) -> int:
        """Activations that one group of tables counts."""
        if self.weights is Weights.ROM:
            return _WEIGHTS_AND_ACTIVATIONS
        return _LUT_INPUTS - (self.fold.bit_length() - 1 if self.weights is Weights.CONSTANT else 0)

    @property
    def groups(self) -> int:
        """Groups of activations of a PE."""
        return -(-self.lanes // self.group)

    @property
    def count_bits(self) -> int:
        """Bits of a group's count."""
        return self.group.bit_length()

    @property
    def sum_bits(self) -> int:
        """Bits of an output's sum."""
        largest = 255 if self.weights in (Weights.PIXELS, Weights.BITPLANES) else 1
        return (self.layer.fan_in * largest).bit_length()

    @property
    def tree(self) -> Tree:
        """The tree of a PE. With PIXELS, the tree that sums all values of a window, which is the largest one."""
        if self.weights is Weights.PIXELS:
            return tree(self.layer.fan_in, PIXEL_BITS)
        return tree(self.groups, self.count_bits)

    @property
    def latency(self) -> int:
        """Clocks from the step that reserves a word's place to the word at the FIFO's input."""
        own = {
            Weights.PIXELS: 3,
            Weights.BITPLANES: 2,
            Weights.CONSTANT: 1,
            Weights.ROM: 3,
            Weights.ROM_AND_DSP: 5,
        }[self.weights]
        accumulator = 1 if self.passes > 1 else 0
        ending = 0 if self.weights is Weights.PIXELS else 1 if self.gives_scores else 2
        return self.tree.latency + own + accumulator + ending + (1 if self.layer.pool else 0)

    @property
    def rom_bits(self) -> tuple[int, int]:
        """Words of the ROM, and bits of a word."""
        return self.steps, self.pes * self.lanes

    @property
    def ramb18(self) -> int:
        """Block RAMs of 18 Kbit for the ROM; 0 if LUTs are cheaper, or there is none."""
        if not self.in_rom:
            return 0
        blocks = self._rom_blocks
        return blocks if blocks * LUTS_PER_RAMB18 < self._rom_luts else 0

    @property
    def dsps(self) -> int:
        """DSP48E1 for XNORs."""
        return self.pes * -(-self.lanes // XNORS_PER_DSP) if self.weights is Weights.ROM_AND_DSP else 0

    @property
    def luts(self) -> int:
        """An estimate of the matrix unit's LUTs, without window, pool and FIFO, which do not depend on the folding."""
        if self.weights is Weights.PIXELS:
            rarer = tree(max(1, self.lanes * 13 // 27), PIXEL_BITS)  # the mean share in our networks
            return self.tree.luts + self.layer.outputs * (rarer.luts + 3 * PIXEL_BITS)
        sum_bits = self.sum_bits
        accumulator = sum_bits if self.passes > 1 else 0
        compare = sum_bits * (1 if self.fold == 1 else 2)
        luts = self.pes * (self.groups * self.count_bits + self.tree.luts + accumulator + compare)
        if self.passes > 1:
            luts += self.lanes * -(-self.passes // 4)  # multiplexers that select a part of the inputs
        if self.in_rom:
            thresholds = 0 if self.gives_scores else -(-self.fold // 64) * self.pes * sum_bits
            luts += thresholds + (0 if self.ramb18 else self._rom_luts)
        return luts

    @property
    def cost(self) -> int:
        """LUTs and block RAMs in one number."""
        return self.luts + LUTS_PER_RAMB18 * self.ramb18

    @property
    def _rom_luts(self) -> int:
        words, bits = self.rom_bits
        return bits * -(-words // 64)

    @property
    def _rom_blocks(self) -> int:
        words, bits = self.rom_bits
        return min(-(-bits // width) * -(-words // depth) for width, depth in RAMB18_BITS.items())
