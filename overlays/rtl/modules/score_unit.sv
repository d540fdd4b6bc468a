// Turns the last layer's numbers of agreeing bits into scores: a sum of +1 and -1 is 2 * agreeing - INPUTS. One clock.
module score_unit #(
    parameter int INPUTS = 128,
    parameter int SCORES = 4,  // of an image
    parameter int SCORE_BITS = 11,  // two's complement
    localparam int SUM_BITS = $clog2(INPUTS + 1)
) (
    input  logic                  clk,
    input  logic                  rst_n,
    input  logic [SUM_BITS-1:0]   sum,
    input  logic                  sum_valid,
    output logic [SCORE_BITS-1:0] score,
    output logic                  is_last,  // of its image
    output logic                  score_valid
);
  localparam int INDEX_BITS = $clog2(SCORES);
  logic [INDEX_BITS-1:0] index;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      index <= '0;
      score_valid <= 1'b0;
    end else begin
      if (sum_valid) index <= index == INDEX_BITS'(SCORES - 1) ? '0 : index + 1'b1;
      score_valid <= sum_valid;
    end
    score <= SCORE_BITS'({sum, 1'b0}) - SCORE_BITS'(INPUTS);
    is_last <= index == INDEX_BITS'(SCORES - 1);
  end
endmodule
