// 2×2 max-pool of binary pixels, which is their OR. It never waits: a word may come at every clock. Where SIDE is odd, the
// last row and column are left out. `swallowed` tells of each pixel that gave no output, so that its credit returns.
module or_pool #(
    parameter int CHANNELS = 16,
    parameter int SIDE = 28  // rows and columns of the input
) (
    input  logic                clk,
    input  logic                rst_n,
    input  logic [CHANNELS-1:0] in_pixel,
    input  logic                in_valid,
    output logic [CHANNELS-1:0] out_pixel,
    output logic                out_valid,
    output logic                swallowed
);
  localparam int INDEX_BITS = SIDE > 2 ? $clog2(SIDE) : 2;  // one more than the row of pairs needs
  localparam logic [INDEX_BITS-1:0] LAST = INDEX_BITS'(SIDE - 1);

  logic [INDEX_BITS-1:0] row, column;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      row <= '0;
      column <= '0;
      out_valid <= 1'b0;
      swallowed <= 1'b0;
    end else begin
      out_valid <= in_valid && row[0] && column[0];
      swallowed <= in_valid && !(row[0] && column[0]);
      if (in_valid) column <= column == LAST ? '0 : column + 1'b1;
      if (in_valid && column == LAST) row <= row == LAST ? '0 : row + 1'b1;
    end
  end

  // The ORs of the pairs in the row above, in LUT RAM.
  (* ram_style = "distributed" *) logic [CHANNELS-1:0] pairs_above[2**(INDEX_BITS-1)];
  logic [CHANNELS-1:0] left, pair;
  assign pair = left | in_pixel;
  always_ff @(posedge clk) begin
    if (in_valid) left <= in_pixel;
    if (in_valid && !row[0] && column[0]) pairs_above[column[INDEX_BITS-1:1]] <= pair;
    out_pixel <= pair | pairs_above[column[INDEX_BITS-1:1]];
  end
endmodule
