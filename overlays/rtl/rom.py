"""The SystemVerilog of a ROM: the weights of a stage that reads them word by word."""

from binarycop.bundle.files import LayerWeights
from overlays.rtl.constants import literal
from overlays.rtl.stage import Stage


def rom(stage: Stage, weights: LayerWeights) -> str:
    """The module with the weights of a ROM stage. Bit p * lanes + l of a word is the weight of PE p, lane l."""
    words, bits = stage.rom_bits
    # Yosys calls LUTs without RAM "logic", Vivado calls them "distributed".
    lines = ['(* rom_style = "block" *)']
    if not stage.ramb18:
        lines = ["`ifdef YOSYS", '(* rom_style = "logic" *)', "`else", '(* rom_style = "distributed" *)', "`endif"]
    # (fold, PE, pass, lane) to (fold, pass, PE, lane)
    split = weights.bits.reshape(stage.fold, stage.pes, stage.passes, stage.lanes).transpose(0, 2, 1, 3)
    rows = [f"    words[{address}] = {literal(row)};" for address, row in enumerate(split.reshape(words, bits))]
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
