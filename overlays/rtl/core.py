"""The SystemVerilog of a core: the stages of a plan with the weights of a bundle, and nothing else."""

import numpy as np
from numpy.typing import NDArray

from binarycop.bundle.files import Bundle, LayerWeights
from binarycop.bundle.manifest import KERNEL
from binarycop.bundle.packing import number_type
from overlays.rtl import compressor_tree
from overlays.rtl.plan import Plan
from overlays.rtl.stage import PIXEL_BITS, Stage, Weights

_CONSTANT_UNITS = {
    Weights.PIXELS: "pixel_matrix",
    Weights.BITPLANES: "bitplane_matrix",
    Weights.CONSTANT: "constant_matrix",
}
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
    """The numbers and bits of the trees that the core needs."""
    sizes = {(stage.tree.numbers, stage.tree.bits) for stage in plan.stages}
    sizes |= {(int(count), PIXEL_BITS) for count in _rarer_counts(bundle.weights[0].bits) if count}
    return sizes


def modules(plan: Plan, bundle: Bundle) -> dict[str, str]:
    """All generated modules by name: the core, its trees and its ROMs."""
    roms = {
        f"{stage.name}_weights": _rom(stage, weights)
        for stage, weights in zip(plan.stages, bundle.weights)
        if stage.in_rom
    }
    return {"binarycop_core": _core(plan, bundle), **compressor_tree.modules(_tree_sizes(plan, bundle)), **roms}


def _core(plan: Plan, bundle: Bundle) -> str:
    """The module ``binarycop_core``."""
    parts = [_head(plan, bundle)]
    word = "s_axis"
    for index, (stage, depth) in enumerate(zip(plan.stages, fifo_depths(plan))):
        parts += [_input(stage, word, is_first=index == 0), _matrix(stage, bundle.weights[index])]
        parts.append(_scores(stage, bundle) if stage.gives_scores else _pool(stage))
        parts.append(_fifo(stage, depth))
        word = stage.name
    return "\n".join([*parts, "endmodule", ""])


def stage_modules(stage: Stage, weights: LayerWeights, depth: int) -> dict[str, str]:
    """A stage by itself, from the pixels to the FIFO behind it, as the module ``TOP_OF_STAGE``; its trees and its ROM.

    depth: of its FIFO. It is there to be measured. It must not be the last stage.
    """
    name, layer = stage.name, stage.layer
    is_first = stage.weights in (Weights.PIXELS, Weights.BITPLANES)
    bits = layer.fan_in // stage.pixels if layer.kind == "fc" else layer.inputs * (PIXEL_BITS if is_first else 1)
    sizes = {(stage.tree.numbers, stage.tree.bits)}
    if is_first:
        sizes |= {(int(count), PIXEL_BITS) for count in _rarer_counts(weights.bits) if count}
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
            _input(stage, "b", is_first=is_first),
            _matrix(stage, weights),
            _pool(stage),
            _fifo(stage, depth),
            f"  assign word = {name}_word;",
            f"  assign valid = {name}_valid;",
            f"  assign {name}_ready = ready;",
            "endmodule",
            "",
        ]
    )
    rom = {f"{name}_weights": _rom(stage, weights)} if stage.in_rom else {}
    return {TOP_OF_STAGE: text, **compressor_tree.modules(sizes), **rom}


def _rom(stage: Stage, weights: LayerWeights) -> str:
    """The module with the weights of a ROM stage. Bit p * lanes + l of a word is the weight of PE p, lane l."""
    words, bits = stage.rom_bits
    # Yosys calls LUTs without RAM "logic", Vivado calls them "distributed".
    lines = ['(* rom_style = "block" *)']
    if not stage.ramb18:
        lines = ["`ifdef YOSYS", '(* rom_style = "logic" *)', "`else", '(* rom_style = "distributed" *)', "`endif"]
    # (fold, PE, pass, lane) to (fold, pass, PE, lane)
    split = weights.bits.reshape(stage.fold, stage.pes, stage.passes, stage.lanes).transpose(0, 2, 1, 3)
    rows = [f"    words[{address}] = {_literal(row)};" for address, row in enumerate(split.reshape(words, bits))]
    address_bits = (words - 1).bit_length()
    return "\n".join(
        [
            f"// The weights of {stage.name}: {words} words of {bits} bits, two clocks from address to word.",
            f"module {stage.name}_weights (",
            "    input  logic clk,",
            f"    input  logic [{address_bits - 1}:0] address,",
            f"    output logic [{bits - 1}:0] word",
            ");",
            *lines,
            f"  logic [{bits - 1}:0] words[{1 << address_bits}];",
            "  initial begin",
            f"    for (int i = {words}; i < {1 << address_bits}; i++) words[i] = '0;",
            *rows,
            "  end",
            f"  logic [{bits - 1}:0] word_1;",
            "  always_ff @(posedge clk) begin",
            "    word_1 <= words[address];",
            "    word <= word_1;",
            "  end",
            "endmodule",
            "",
        ]
    )


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


def _input(stage: Stage, before: str, *, is_first: bool) -> str:
    """From the FIFO before (or the core's input) to the vector of the matrix unit."""
    name, layer = stage.name, stage.layer
    word, valid, ready = (
        ("s_axis_tdata", "s_axis_tvalid", "s_axis_tready")
        if is_first
        else (f"{before}_word", f"{before}_valid", f"{before}_ready")
    )
    bits = PIXEL_BITS if is_first else 1
    lines = ["", f"  // {name}: {_description(stage)}"]
    lines += [
        f"  logic [{layer.fan_in * bits - 1}:0] {name}_vector;",
        f"  logic {name}_vector_valid, {name}_vector_ready;",
    ]
    if layer.kind == "conv":
        lines += [
            f"  sliding_window #(.CHANNEL_BITS({layer.inputs * bits}), .SIDE({stage.side_px})) {name}_window (",
            f"      .clk, .rst_n, .in_pixel({word}), .in_valid({valid}), .in_ready({ready}),",
            f"      .out_window({name}_vector), .out_valid({name}_vector_valid), .out_ready({name}_vector_ready)",
            "  );",
        ]
    elif stage.pixels > 1:
        width = layer.fan_in // stage.pixels
        lines += [
            f"  width_converter #(.WIDTH({width}), .WORDS({stage.pixels})) {name}_vectors (",
            f"      .clk, .rst_n, .in_word({word}), .in_valid({valid}), .in_ready({ready}),",
            f"      .out_vector({name}_vector), .out_valid({name}_vector_valid), .out_ready({name}_vector_ready)",
            "  );",
        ]
    else:
        lines += [
            f"  assign {name}_vector = {word};",
            f"  assign {name}_vector_valid = {valid};",
            f"  assign {ready} = {name}_vector_ready;",
        ]
    return "\n".join(lines)


def _description(stage: Stage) -> str:
    layer = stage.layer
    shape = f"{KERNEL}x{KERNEL}x{layer.inputs}" if layer.kind == "conv" else f"{layer.inputs}"
    work = f"{stage.windows} x {stage.steps} steps an image, {stage.pes} PE of {stage.lanes} lanes"
    return f"{shape} to {layer.outputs}{', pool' if layer.pool else ''}; {work}."


def _matrix(stage: Stage, weights: LayerWeights) -> str:
    name, layer = stage.name, stage.layer
    ports = [
        f"      .clk, .rst_n, .in_vector({name}_vector), .in_valid({name}_vector_valid),",
        f"      .in_ready({name}_vector_ready), .credit({name}_credit), .reserve({name}_reserve),",
    ]
    result = [f"      .out_word({name}_sum_word), .out_valid({name}_sum_word_valid)", "  );"]
    lines = [f"  logic {name}_credit, {name}_reserve;"]
    if stage.gives_scores:
        lines += [f"  logic [{stage.sum_bits - 1}:0] {name}_sum;", f"  logic {name}_sum_valid;"]
    else:
        lines += [f"  logic [{layer.outputs - 1}:0] {name}_sum_word;", f"  logic {name}_sum_word_valid;"]
    if not stage.in_rom:
        fold = f", .FOLD({stage.fold})" if stage.weights is Weights.CONSTANT else ""
        return "\n".join(
            [
                *lines,
                f"  {_CONSTANT_UNITS[stage.weights]} #(",
                f"      .INPUTS({layer.fan_in}), .OUTPUTS({layer.outputs}){fold}, .TREE_LATENCY({stage.tree.latency}),",
                f"      .WEIGHTS({_literal(weights.bits.ravel())}),",
                f"      .THRESHOLDS({_thresholds(stage, weights)})",
                f"  ) {name}_matrix (",
                *ports,
                *result,
            ]
        )
    words, bits = stage.rom_bits
    lines += [
        f"  logic [{(words - 1).bit_length() - 1}:0] {name}_address;",
        f"  logic [{bits - 1}:0] {name}_weights_word;",
        f"  {name}_weights {name}_rom (.clk, .address({name}_address), .word({name}_weights_word));",
    ]
    sum_bits = stage.sum_bits
    if not stage.gives_scores:
        lines += [f"  logic [{stage.pes * sum_bits - 1}:0] {name}_sums;", f"  logic {name}_sums_valid;"]
    sums = f"{name}_sum" if stage.gives_scores else f"{name}_sums"
    lines += [
        "  rom_matrix #(",
        f"      .INPUTS({layer.fan_in}), .OUTPUTS({layer.outputs}), .PES({stage.pes}), .PASSES({stage.passes}),",
        f"      .PLACE_FOR_EACH_ROW({int(stage.gives_scores)}), .XNOR_IN_DSP({int(bool(stage.dsps))}), "
        f".TREE_LATENCY({stage.tree.latency})",
        f"  ) {name}_matrix (",
        *ports,
        f"      .rom_address({name}_address), .rom_word({name}_weights_word),",
        f"      .sums({sums}), .sums_valid({sums}_valid)",
        "  );",
    ]
    if not stage.gives_scores:
        lines += [
            "  threshold_unit #(",
            f"      .PES({stage.pes}), .FOLD({stage.fold}), .SUM_BITS({sum_bits}),",
            f"      .THRESHOLDS({_thresholds(stage, weights)})",
            f"  ) {name}_thresholds (",
            f"      .clk, .rst_n, .sums({name}_sums), .sums_valid({name}_sums_valid),",
            f"      .word({name}_sum_word), .word_valid({name}_sum_word_valid)",
            "  );",
        ]
    return "\n".join(lines)


def _pool(stage: Stage) -> str:
    name, outputs = stage.name, stage.layer.outputs
    lines = [
        f"  logic [{outputs - 1}:0] {name}_result;",
        f"  logic {name}_result_valid, {name}_swallowed;",
    ]
    if stage.layer.pool:
        return "\n".join(
            [
                *lines,
                f"  or_pool #(.CHANNELS({outputs}), .SIDE({stage.output_side_px})) {name}_pool (",
                f"      .clk, .rst_n, .in_pixel({name}_sum_word), .in_valid({name}_sum_word_valid),",
                f"      .out_pixel({name}_result), .out_valid({name}_result_valid), .swallowed({name}_swallowed)",
                "  );",
            ]
        )
    return "\n".join(
        [
            *lines,
            f"  assign {name}_result = {name}_sum_word;",
            f"  assign {name}_result_valid = {name}_sum_word_valid;",
            f"  assign {name}_swallowed = 1'b0;",
        ]
    )


def _scores(stage: Stage, bundle: Bundle) -> str:
    name, layer = stage.name, stage.layer
    return "\n".join(
        [
            f"  logic [SCORE_BITS:0] {name}_result;",
            f"  logic {name}_result_valid, {name}_swallowed;",
            f"  assign {name}_swallowed = 1'b0;",
            f"  score_unit #(.INPUTS({layer.fan_in}), .SCORES({layer.outputs}), .SCORE_BITS(SCORE_BITS))",
            f"  {name}_scores (",
            f"      .clk, .rst_n, .sum({name}_sum), .sum_valid({name}_sum_valid),",
            f"      .score({name}_result[SCORE_BITS-1:0]), .is_last({name}_result[SCORE_BITS]),",
            f"      .score_valid({name}_result_valid)",
            "  );",
        ]
    )


def _fifo(stage: Stage, depth: int) -> str:
    name = stage.name
    if stage.gives_scores:
        lines: list[str] = []
        word, valid, ready = "{m_axis_tlast, m_axis_tdata}", "m_axis_tvalid", "m_axis_tready"
        width = "SCORE_BITS + 1"
    else:
        width = str(stage.layer.outputs)
        lines = [f"  logic [{stage.layer.outputs - 1}:0] {name}_word;", f"  logic {name}_valid, {name}_ready;"]
        word, valid, ready = f"{name}_word", f"{name}_valid", f"{name}_ready"
    return "\n".join(
        [
            *lines,
            f"  credit_fifo #(.WIDTH({width}), .DEPTH({depth})) {name}_fifo (",
            f"      .clk, .rst_n, .credit({name}_credit), .reserve({name}_reserve), .swallowed({name}_swallowed),",
            f"      .in_word({name}_result), .in_valid({name}_result_valid),",
            f"      .out_word({word}), .out_valid({valid}), .out_ready({ready})",
            "  );",
        ]
    )


def _literal(bits: NDArray[np.bool_]) -> str:
    """Bits as a hexadecimal literal; the first is the lowest one."""
    packed = np.packbits(bits, bitorder="little").tobytes()
    return f"{len(bits)}'h{int.from_bytes(packed, 'little'):0{-(-len(bits) // 4)}x}"


def _words(numbers: NDArray[np.int64], width: int) -> str:
    """Numbers in two's complement as one hexadecimal literal; the first has the lowest bits."""
    joined = sum((number % (1 << width)) << (index * width) for index, number in enumerate(numbers.tolist()))
    total = len(numbers) * width
    return f"{total}'h{joined:0{-(-total // 4)}x}"


def _thresholds(stage: Stage, weights: LayerWeights) -> str:
    """Thresholds in the units of the stage's sums, those out of reach clamped to just beyond it."""
    if weights.thresholds is None:
        raise ValueError(f"{stage.name} has no thresholds; only the last layer may have none")
    fan_in, sum_bits = stage.layer.fan_in, stage.sum_bits
    thresholds = weights.thresholds.astype(np.int64)
    if stage.weights is Weights.PIXELS:
        largest = fan_in * 255 + 1
        return _words(np.clip(thresholds, -largest, largest), sum_bits + 2)
    if stage.weights is Weights.BITPLANES:
        lowest = thresholds + 255 * (~weights.bits).sum(axis=1)
    else:
        lowest = -(-(thresholds + fan_in) // 2)  # of the agreeing bits: 2 agreeing - K >= T
    return _words(np.clip(lowest, 0, 1 << sum_bits), sum_bits + 1)


def _rarer_counts(bits: NDArray[np.bool_]) -> NDArray[np.int64]:
    ones = bits.sum(axis=1)
    return np.asarray(np.minimum(ones, bits.shape[1] - ones))
