// Counts where a group of activations agrees with its weights, which are constants: XNOR and the first level of the
// popcount in one table for each bit of the count. The weights of FOLD rows take turns; `row` selects one of them.
module xnor_count #(
    parameter int GROUP = 6,  // activations; GROUP + $clog2(FOLD) is at most 6
    parameter int FOLD = 1,  // rows, a power of two
    parameter logic [FOLD*GROUP-1:0] WEIGHTS = '0,  // of row r: bits r * GROUP and up
    localparam int ROW_BITS = FOLD > 1 ? $clog2(FOLD) : 1,
    localparam int COUNT_BITS = $clog2(GROUP + 1)
) (
    input  logic [GROUP-1:0]      activations,
    input  logic [ROW_BITS-1:0]   row,
    output logic [COUNT_BITS-1:0] count
);
  // The truth table of "activation k agrees with its weight".
  function automatic logic [63:0] agreement(input int k);
    logic [63:0] weight, selected;
    weight = '0;
    for (int r = 0; r < FOLD; r++) begin
      selected = '1;
      for (int b = 0; b < $clog2(FOLD); b++) begin
        selected &= ((r >> b) & 1) == 1 ? tables::variable(GROUP + b) : ~tables::variable(GROUP + b);
      end
      if (WEIGHTS[r*GROUP+k]) weight |= selected;
    end
    agreement = ~(weight ^ tables::variable(k));
  endfunction

  function automatic logic [6*64-1:0] agreements();
    agreements = '0;
    for (int k = 0; k < GROUP; k++) agreements[k*64+:64] = agreement(k);
  endfunction

  logic [5:0] in;
  if (FOLD > 1) begin : folded
    assign in = 6'({row, activations});
  end else begin : unfolded
    logic unused_row;
    assign unused_row = &{1'b0, row};
    assign in = 6'(activations);
  end

  localparam logic [6*64-1:0] AGREEMENTS = agreements();
  for (genvar b = 0; b < COUNT_BITS; b++) begin : bit_of_count
    table6 #(.INIT(tables::count_bit(AGREEMENTS, b))) counter (.in, .out(count[b]));
  end
endmodule
