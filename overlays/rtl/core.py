"""The SystemVerilog of a core: the stages of a plan with the weights of a bundle, and nothing else."""

from binarycop.bundle.files import Bundle, LayerWeights
from binarycop.bundle.packing import number_type
from overlays.rtl import compressor_tree
from overlays.rtl.constants import rarer_counts
from overlays.rtl.instances import instances
from overlays.rtl.plan import Plan
from overlays.rtl.rom import rom
from overlays.rtl.stage import PIXEL_BITS, Stage, Weights

TOP_OF_STAGE = "stage"
_LUT_RAM_DEPTH = 32  # LUT RAM of fewer words is not smaller


def score_bits(bundle: Bundle) -> int:
    """Bits of a score in two's complement, as the manifest's output type has them.

    Raises ValueError if the type cannot hold all scores.
    """
    name, largest = bundle.manifest.output_type, bundle.manifest.layers[-1].fan_in
    kind = number_type(name)
    if not kind.signed or kind.max < largest:
        raise ValueError(f"scores are from {-largest} to {largest}, which {name} cannot hold")
    return kind.bits


def fifo_depths(plan: Plan) -> tuple[int, ...]:
    """The depth of the FIFO behind each stage: 1, or a power of two."""
    return tuple(
        1 if places == 1 else max(_LUT_RAM_DEPTH, 1 << (places - 1).bit_length()) for places in plan.schedule.places
    )


def _tree_sizes(plan: Plan, bundle: Bundle) -> set[tuple[int, int]]:
    """The size of each tree that the core needs: how many numbers, of how many bits."""
    sizes = {(stage.tree.numbers, stage.tree.bits) for stage in plan.stages}
    sizes |= {(int(count), PIXEL_BITS) for count in rarer_counts(bundle.weights[0].bits) if count}
    return sizes


def modules(plan: Plan, bundle: Bundle) -> dict[str, str]:
    """All generated modules by name: the core, its trees and its ROMs."""
    roms = {
        f"{stage.name}_weights": rom(stage, weights)
        for stage, weights in zip(plan.stages, bundle.weights)
        if stage.in_rom
    }
    return {"binarycop_core": _core(plan, bundle), **compressor_tree.modules(_tree_sizes(plan, bundle)), **roms}


def _core(plan: Plan, bundle: Bundle) -> str:
    """The module ``binarycop_core``."""
    parts = [_head(plan, bundle)]
    before = ""
    for index, (stage, depth) in enumerate(zip(plan.stages, fifo_depths(plan))):
        parts.append(instances(stage, bundle.weights[index], depth, before, is_first=index == 0))
        before = stage.name
    return "\n".join([*parts, "endmodule", ""])


def stage_modules(stage: Stage, weights: LayerWeights, depth: int) -> dict[str, str]:
    """The module ``TOP_OF_STAGE``, one stage with the FIFO behind it, and its trees and ROM: to measure its size alone.

    depth: of the FIFO. The stage must not be the last one.
    """
    name, layer = stage.name, stage.layer
    is_first = stage.weights in (Weights.PIXELS, Weights.BITPLANES)
    bits = layer.fan_in // stage.pixels if layer.kind == "fc" else layer.inputs * (PIXEL_BITS if is_first else 1)
    sizes = {(stage.tree.numbers, stage.tree.bits)}
    if is_first:
        sizes |= {(int(count), PIXEL_BITS) for count in rarer_counts(weights.bits) if count}
    before = ("s_axis_tdata", "s_axis_tvalid", "s_axis_tready") if is_first else ("b_word", "b_valid", "b_ready")
    text = "\n".join(
        [
            f"module {TOP_OF_STAGE} (",
            "    input  logic clk,",
            "    input  logic rst_n,",
            f"    input  logic [{bits - 1}:0] {before[0]},",
            f"    input  logic {before[1]},",
            f"    output logic {before[2]},",
            f"    output logic [{layer.outputs - 1}:0] word,",
            "    output logic valid,",
            "    input  logic ready",
            ");",
            instances(stage, weights, depth, "b", is_first=is_first),
            f"  assign word = {name}_word;",
            f"  assign valid = {name}_valid;",
            f"  assign {name}_ready = ready;",
            "endmodule",
            "",
        ]
    )
    weights_module = {f"{name}_weights": rom(stage, weights)} if stage.in_rom else {}
    return {TOP_OF_STAGE: text, **compressor_tree.modules(sizes), **weights_module}


def _head(plan: Plan, bundle: Bundle) -> str:
    manifest, times = bundle.manifest, plan.schedule
    return f"""\
// {manifest.name} {manifest.version}: {times.clocks_per_image} clocks an image, {times.latency} until its scores.
// Written by overlays.rtl.generate; overlays/rtl/README.md describes the interface.
module binarycop_core #(
    localparam int SCORE_BITS = {score_bits(bundle)}
) (
    input  logic                  clk,
    input  logic                  rst_n,
    input  logic [23:0]           s_axis_tdata,
    input  logic                  s_axis_tvalid,
    output logic                  s_axis_tready,
    output logic [SCORE_BITS-1:0] m_axis_tdata,
    output logic                  m_axis_tlast,
    output logic                  m_axis_tvalid,
    input  logic                  m_axis_tready
);"""
