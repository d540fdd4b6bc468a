"""The SystemVerilog of a stage's instances: window, matrix unit, pool or scores, and FIFO."""

from binarycop.bundle.files import LayerWeights
from binarycop.bundle.manifest import KERNEL
from overlays.rtl.constants import literal, thresholds
from overlays.rtl.stage import PIXEL_BITS, Stage, Weights

_CONSTANT_UNITS = {
    Weights.PIXELS: "pixel_matrix",
    Weights.BITPLANES: "bitplane_matrix",
    Weights.CONSTANT: "constant_matrix",
}


def instances(stage: Stage, weights: LayerWeights, depth: int, before: str, *, is_first: bool) -> str:
    """All instances of a stage. depth: of its FIFO. before: the stage before it, unless it is the first.

    The input is ``<before>_word``, with ``_valid`` and ``_ready``, or the core's input; the output is ``<name>_word``,
    or the core's output. Raises ValueError if a stage that gives no scores has no thresholds.
    """
    result = _scores(stage) if stage.gives_scores else _pool(stage)
    return "\n".join([_input(stage, before, is_first=is_first), _matrix(stage, weights), result, _fifo(stage, depth)])


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
                f"      .WEIGHTS({literal(weights.bits.ravel())}),",
                f"      .THRESHOLDS({thresholds(stage, weights)})",
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
            f"      .THRESHOLDS({thresholds(stage, weights)})",
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


def _scores(stage: Stage) -> str:
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
