// Compares sums with the thresholds of their rows, and collects the bits of all rows to one word. PES rows come at a
// time, FOLD times for a word. Two clocks from the last sums to the word.
module threshold_unit #(
    parameter int PES = 4,
    parameter int FOLD = 8,
    parameter int SUM_BITS = 9,
    // Of row r: bits r * (SUM_BITS + 1) and up. 2**SUM_BITS is never reached.
    parameter logic [FOLD*PES*(SUM_BITS+1)-1:0] THRESHOLDS = '0
) (
    input  logic                    clk,
    input  logic                    rst_n,
    input  logic [PES*SUM_BITS-1:0] sums,
    input  logic                    sums_valid,
    output logic [FOLD*PES-1:0]     word,
    output logic                    word_valid
);
  localparam int THRESHOLD_BITS = SUM_BITS + 1;
  localparam int FOLD_BITS = FOLD > 1 ? $clog2(FOLD) : 1;

  logic [FOLD_BITS-1:0] fold;
  logic is_last, last_1, last_2, valid_1;
  assign is_last = fold == FOLD_BITS'(FOLD - 1);
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      fold <= '0;
      valid_1 <= 1'b0;
      last_1 <= 1'b0;
      last_2 <= 1'b0;
    end else begin
      if (sums_valid) fold <= is_last ? '0 : fold + 1'b1;
      valid_1 <= sums_valid;
      last_1 <= sums_valid && is_last;
      last_2 <= last_1;
    end
  end

  logic [PES*THRESHOLD_BITS-1:0] of_turn[FOLD];
  for (genvar f = 0; f < FOLD; f++) begin : turn
    assign of_turn[f] = THRESHOLDS[f*PES*THRESHOLD_BITS+:PES*THRESHOLD_BITS];
  end

  logic [PES*SUM_BITS-1:0] sums_1;
  logic [PES*THRESHOLD_BITS-1:0] thresholds_1;
  logic [PES-1:0] reached;
  always_ff @(posedge clk) begin
    sums_1 <= sums;
    thresholds_1 <= of_turn[fold];
  end
  for (genvar p = 0; p < PES; p++) begin : compare
    assign reached[p] = {1'b0, sums_1[p*SUM_BITS+:SUM_BITS]} >= thresholds_1[p*THRESHOLD_BITS+:THRESHOLD_BITS];
  end

  // The first rows arrive at the lowest bits.
  always_ff @(posedge clk) if (valid_1) word <= (FOLD * PES)'({reached, word} >> PES);
  assign word_valid = last_2;
endmodule
