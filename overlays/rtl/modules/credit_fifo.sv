// A FIFO behind a pipeline that cannot stop. The pipeline reserves a place for each word before the word starts (`credit`
// is 1 if there is one), so a word that arrives always has its place. A pool in between that swallows a word returns its
// credit. Words that wait plus words on their way are never more than DEPTH.
module credit_fifo #(
    parameter int WIDTH = 16,
    parameter int DEPTH = 32  // 1 (a register) or a power of two (LUT RAM)
) (
    input  logic             clk,
    input  logic             rst_n,
    output logic             credit,
    input  logic             reserve,  // only with credit
    input  logic             swallowed,  // a reserved word does not come
    input  logic [WIDTH-1:0] in_word,
    input  logic             in_valid,  // only a reserved word
    output logic [WIDTH-1:0] out_word,
    output logic             out_valid,
    input  logic             out_ready
);
  localparam int COUNT_BITS = $clog2(DEPTH + 1);

  // reserved: the words that wait, and those on their way. The word in out_word has left its place.
  logic [COUNT_BITS-1:0] reserved;
  logic empty, pop;
  assign credit = reserved != COUNT_BITS'(DEPTH);
  assign pop = !empty && (!out_valid || out_ready);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      reserved <= '0;
      out_valid <= 1'b0;
    end else begin
      reserved <= reserved + COUNT_BITS'(reserve) - COUNT_BITS'(swallowed) - COUNT_BITS'(pop);
      if (pop) out_valid <= 1'b1;
      else if (out_ready) out_valid <= 1'b0;
    end
  end

  if (DEPTH == 1) begin : register
    logic [WIDTH-1:0] word;
    always_ff @(posedge clk) begin
      if (!rst_n) empty <= 1'b1;
      else if (in_valid) empty <= 1'b0;
      else if (pop) empty <= 1'b1;
      if (in_valid) word <= in_word;
      if (pop) out_word <= word;
    end
`ifdef FORMAL
    assign waiting = !empty;
    always @(posedge clk) if (rst_n && in_row) assert (word == watched);
`endif
  end else begin : memory
    localparam int INDEX_BITS = $clog2(DEPTH);
    (* ram_style = "distributed" *) logic [WIDTH-1:0] words[DEPTH];
    logic [INDEX_BITS:0] written, read;  // one bit more than an index: equal only when empty
    assign empty = written == read;
    always_ff @(posedge clk) begin
      if (!rst_n) begin
        written <= '0;
        read <= '0;
      end else begin
        written <= written + (INDEX_BITS + 1)'(in_valid);
        read <= read + (INDEX_BITS + 1)'(pop);
      end
      if (in_valid) words[written[INDEX_BITS-1:0]] <= in_word;
      if (pop) out_word <= words[read[INDEX_BITS-1:0]];
    end
`ifdef FORMAL
    assign waiting = written - read;
    always @(posedge clk) if (rst_n && in_row) assert (words[INDEX_BITS'(read + ahead)] == watched);
`endif
  end

`ifdef FORMAL
  // A proof begins with a reset. The pipeline in front reserves only with credit, and only what is reserved arrives.
  logic begun = 0, was_waiting = 0;
  logic [COUNT_BITS-1:0] on_the_way, waiting;
  always @(posedge clk) begun <= 1;
  always @* if (!begun) assume (!rst_n);
  always @* if (rst_n) begin
    if (reserve) assume (credit);
    assume ((COUNT_BITS + 1)'(in_valid) + (COUNT_BITS + 1)'(swallowed) <= {1'b0, on_the_way});
  end
  always @(posedge clk) begin
    if (!rst_n) on_the_way <= 0;
    else on_the_way <= on_the_way + COUNT_BITS'(reserve) - COUNT_BITS'(in_valid) - COUNT_BITS'(swallowed);
  end

  // Any one word that arrives is watched until it is taken: it keeps its value and its place in the row.
  (* anyseq *) logic watch;
  logic in_row = 0, at_output = 0;
  logic [COUNT_BITS-1:0] ahead;
  logic [WIDTH-1:0] watched, last_word;
  always @(posedge clk) begin
    last_word <= out_word;
    was_waiting <= rst_n && out_valid && !out_ready;
    if (!rst_n) begin
      in_row <= 0;
      at_output <= 0;
    end else if (in_row) begin
      ahead <= ahead - COUNT_BITS'(pop);
      in_row <= !(pop && ahead == 0);
      at_output <= pop && ahead == 0;
    end else if (at_output) at_output <= !out_ready;
    else if (in_valid && watch) begin
      in_row <= 1;
      ahead <= waiting - COUNT_BITS'(pop);
      watched <= in_word;
    end
  end

  always @(posedge clk) if (rst_n) begin
    assert (reserved <= COUNT_BITS'(DEPTH));
    assert ({1'b0, waiting} + {1'b0, on_the_way} == {1'b0, reserved});
    assert (empty == (waiting == 0));
    if (was_waiting) assert (out_valid && out_word == last_word);
    if (in_row) assert (ahead < waiting && !at_output);
    if (at_output) assert (out_valid && out_word == watched);
  end
`endif
endmodule
