// Counts where two groups of three bits agree: XNOR and the first level of the popcount in two tables.
module agreement_count (
    input  logic [2:0] a,
    input  logic [2:0] b,
    output logic [1:0] count
);
  localparam logic [63:0] DIFFERS_0 = tables::variable(0) ^ tables::variable(3);
  localparam logic [63:0] DIFFERS_1 = tables::variable(1) ^ tables::variable(4);
  localparam logic [63:0] DIFFERS_2 = tables::variable(2) ^ tables::variable(5);
  localparam logic [6*64-1:0] AGREE = {192'b0, ~DIFFERS_2, ~DIFFERS_1, ~DIFFERS_0};
  for (genvar i = 0; i < 2; i++) begin : bit_of_count
    table6 #(.INIT(tables::count_bit(AGREE, i))) counter (.in({b, a}), .out(count[i]));
  end
endmodule
