// Joins WORDS words to one vector, the first word at the lowest bits. The next vector is collected while one waits.
module width_converter #(
    parameter int WIDTH = 64,
    parameter int WORDS = 9
) (
    input  logic                   clk,
    input  logic                   rst_n,
    input  logic [WIDTH-1:0]       in_word,
    input  logic                   in_valid,
    output logic                   in_ready,
    output logic [WORDS*WIDTH-1:0] out_vector,
    output logic                   out_valid,
    input  logic                   out_ready
);
  localparam int COUNT_BITS = $clog2(WORDS + 1);

  logic [WORDS-1:0][WIDTH-1:0] collected;
  logic [COUNT_BITS-1:0] count;
  logic full, move, take;
  assign full = count == COUNT_BITS'(WORDS);
  assign move = full && (!out_valid || out_ready);
  assign in_ready = !full || move;
  assign take = in_valid && in_ready;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      count <= '0;
      out_valid <= 1'b0;
    end else begin
      count <= (move ? '0 : count) + COUNT_BITS'(take);
      if (move) out_valid <= 1'b1;
      else if (out_ready) out_valid <= 1'b0;
    end
    if (take) collected <= {in_word, collected[WORDS-1:1]};
    if (move) out_vector <= collected;
  end

`ifdef FORMAL
  // A proof begins with a reset. What is offered stays until it is taken.
  logic begun = 0, was_waiting = 0;
  logic [WORDS*WIDTH-1:0] last;
  always @(posedge clk) begin
    begun <= 1;
    was_waiting <= rst_n && out_valid && !out_ready;
    last <= out_vector;
  end
  always @* if (!begun) assume (!rst_n);
  always @(posedge clk) if (rst_n) begin
    assert (count <= COUNT_BITS'(WORDS));
    if (full && out_valid && !out_ready) assert (!in_ready);
    if (was_waiting) assert (out_valid && out_vector == last);
  end
`endif
endmodule
