// Delays a word by a number of clocks, which may be 0. It has no reset, so that it can become a shift register in LUTs.
module delay #(
    parameter int WIDTH = 8,
    parameter int CLOCKS = 1
) (
    input  logic             clk,
    input  logic [WIDTH-1:0] in,
    output logic [WIDTH-1:0] out
);
  if (CLOCKS == 0) begin : wires
    logic unused_clk;
    assign unused_clk = &{1'b0, clk};
    assign out = in;
  end else begin : registers
    logic [CLOCKS*WIDTH-1:0] words;
    always_ff @(posedge clk) words <= (CLOCKS * WIDTH)'({words, in});
    assign out = words[CLOCKS*WIDTH-1-:WIDTH];
  end
endmodule
