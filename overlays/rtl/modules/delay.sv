// Delays a word by a number of clocks, which may be 0. It has no reset, so that it can become a shift register in LUTs.
module delay #(
    parameter int WIDTH = 8,
    parameter int CLOCKS = 1
) (
    input  logic             clk,
    input  logic [WIDTH-1:0] in,
    output logic [WIDTH-1:0] out
);
  logic unused_clk;  // without a clock of delay
  assign unused_clk = clk;

  logic [WIDTH-1:0] words[CLOCKS+1];
  assign words[0] = in;
  for (genvar i = 0; i < CLOCKS; i++) begin : stage
    always_ff @(posedge clk) words[i+1] <= words[i];
  end
  assign out = words[CLOCKS];
endmodule
