// Delays a word by a number of clocks, which may be 0. It has no reset, so that it can become a shift register in LUTs.
module delay #(
    parameter int WIDTH = 8,
    parameter int CLOCKS = 1
) (
    input  logic             clk,
    input  logic [WIDTH-1:0] in,
    output logic [WIDTH-1:0] out
);
  if (CLOCKS == 0) begin : none
    logic unused_clk;
    assign unused_clk = clk;
    assign out = in;
  end else begin : some
    logic [WIDTH-1:0] words[CLOCKS];
    always_ff @(posedge clk) begin
      words[0] <= in;
      for (int i = 1; i < CLOCKS; i++) words[i] <= words[i-1];
    end
    assign out = words[CLOCKS-1];
  end
endmodule
