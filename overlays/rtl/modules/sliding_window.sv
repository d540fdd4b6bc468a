// Makes 3×3 windows of an image that comes pixel by pixel in rows. A window stays until it is taken; with it in place
// no pixel is taken, unless the window is taken in the same clock.
module sliding_window #(
    parameter int CHANNEL_BITS = 16,  // bits of a pixel, all channels
    parameter int SIDE = 14  // rows and columns of the image, at least 3
) (
    input  logic                      clk,
    input  logic                      rst_n,
    input  logic [CHANNEL_BITS-1:0]   in_pixel,
    input  logic                      in_valid,
    output logic                      in_ready,
    output logic [9*CHANNEL_BITS-1:0] out_window,  // pixel (row, column) at (row * 3 + column) * CHANNEL_BITS
    output logic                      out_valid,
    input  logic                      out_ready
);
  localparam int INDEX_BITS = $clog2(SIDE);
  localparam logic [INDEX_BITS-1:0] LAST = INDEX_BITS'(SIDE - 1);

  logic [INDEX_BITS-1:0] row, column;
  logic take;
  assign in_ready = !out_valid || out_ready;
  assign take = in_valid && in_ready;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      row <= '0;
      column <= '0;
      out_valid <= 1'b0;
    end else begin
      if (in_ready) out_valid <= in_valid && row >= INDEX_BITS'(2) && column >= INDEX_BITS'(2);
      if (take) column <= column == LAST ? '0 : column + 1'b1;
      if (take && column == LAST) row <= row == LAST ? '0 : row + 1'b1;
    end
  end

  // The two rows above the pixel, in LUT RAM.
  (* ram_style = "distributed" *) logic [2*CHANNEL_BITS-1:0] rows_above[SIDE];
  logic [CHANNEL_BITS-1:0] above_2, above_1;
  assign {above_2, above_1} = rows_above[column];
  always_ff @(posedge clk) if (take) rows_above[column] <= {above_1, in_pixel};

  // Each row of the window moves one column to the left.
  logic [2:0][2:0][CHANNEL_BITS-1:0] window;
  always_ff @(posedge clk) begin
    if (take) begin
      window[0] <= {above_2, window[0][2:1]};
      window[1] <= {above_1, window[1][2:1]};
      window[2] <= {in_pixel, window[2][2:1]};
    end
  end
  assign out_window = window;

`ifdef FORMAL
  // A proof begins with a reset. What is offered stays until it is taken.
  logic begun = 0, was_waiting = 0;
  logic [9*CHANNEL_BITS-1:0] last;
  always @(posedge clk) begin
    begun <= 1;
    was_waiting <= rst_n && out_valid && !out_ready;
    last <= out_window;
  end
  always @* if (!begun) assume (!rst_n);
  always @(posedge clk) if (rst_n) begin
    assert (row <= LAST && column <= LAST);
    if (was_waiting) assert (out_valid && out_window == last);
  end
`endif
endmodule
