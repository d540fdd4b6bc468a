// The first layer: 8-bit values times weights of +1 and -1, compared with thresholds. With the sum of all values, which
// all outputs share, an output only needs the sum of the values of its rarer sign: the others are the rest.
// It takes a vector at every clock.
module pixel_matrix #(
    parameter int INPUTS = 27,
    parameter int OUTPUTS = 16,
    parameter int TREE_LATENCY = 4,  // clocks
    parameter logic [OUTPUTS*INPUTS-1:0] WEIGHTS = '0,  // of output o: bits o * INPUTS and up; 1 is +1, 0 is -1
    localparam int SUM_BITS = $clog2(INPUTS * 255 + 1),
    localparam int SIGNED_BITS = SUM_BITS + 2,  // holds twice a sum of the rarer sign, plus or minus a threshold
    parameter logic [OUTPUTS*SIGNED_BITS-1:0] THRESHOLDS = '0  // two's complement; beyond any sum it must be clamped
) (
    input  logic                clk,
    input  logic                rst_n,
    input  logic [INPUTS*8-1:0] in_vector,
    input  logic                in_valid,
    output logic                in_ready,
    input  logic                credit,
    output logic                reserve,
    output logic [OUTPUTS-1:0]  out_word,
    output logic                out_valid
);
  assign in_ready = credit;
  assign reserve = in_valid && credit;

  function automatic int count_of(input int o, input logic sign);
    count_of = 0;
    for (int k = 0; k < INPUTS; k++) if (WEIGHTS[o*INPUTS+k] == sign) count_of++;
  endfunction

  // The index of the n-th weight of output o that has this sign.
  function automatic int index_of(input int o, input logic sign, input int n);
    int seen;
    seen = 0;
    index_of = 0;
    for (int k = 0; k < INPUTS; k++) begin
      if (WEIGHTS[o*INPUTS+k] == sign) begin
        if (seen == n) index_of = k;
        seen++;
      end
    end
  endfunction

  logic [INPUTS*8-1:0] values;
  always_ff @(posedge clk) values <= in_vector;

  logic [SUM_BITS-1:0] total, total_1;
  logic [INPUTS*8-1:0] planes;  // bit b of all values side by side
  for (genvar k = 0; k < INPUTS; k++) begin : value
    for (genvar b = 0; b < 8; b++) begin : plane
      assign planes[b*INPUTS+k] = values[k*8+b];
    end
  end
  compressor_tree #(.NUMBERS(INPUTS), .BITS(8), .SUM_BITS(SUM_BITS), .LATENCY(TREE_LATENCY)) all (
      .clk, .in(planes), .sum(total)
  );
  always_ff @(posedge clk) total_1 <= total;

  for (genvar o = 0; o < OUTPUTS; o++) begin : row
    localparam logic RARER = count_of(o, 1'b1) <= count_of(o, 1'b0);
    localparam int COUNT = count_of(o, RARER);
    localparam logic signed [SIGNED_BITS-1:0] THRESHOLD = THRESHOLDS[o*SIGNED_BITS+:SIGNED_BITS];
    logic [SUM_BITS-1:0] rarer_sum;
    logic signed [SIGNED_BITS-1:0] doubled, limit, whole;
    if (COUNT > 0) begin : some
      logic [COUNT*8-1:0] chosen;
      for (genvar n = 0; n < COUNT; n++) begin : term
        localparam int INDEX = index_of(o, RARER, n);
        for (genvar b = 0; b < 8; b++) begin : plane
          assign chosen[b*COUNT+n] = values[INDEX*8+b];
        end
      end
      compressor_tree #(.NUMBERS(COUNT), .BITS(8), .SUM_BITS(SUM_BITS), .LATENCY(TREE_LATENCY)) tree (
          .clk, .in(chosen), .sum(rarer_sum)
      );
    end else begin : none
      assign rarer_sum = '0;
    end
    assign doubled = $signed({1'b0, rarer_sum, 1'b0});
    assign whole = $signed({2'b0, total_1});
    // Positive: 2 rarer - total >= T. Negative: total - 2 rarer >= T.
    always_ff @(posedge clk) begin
      limit <= RARER ? doubled - THRESHOLD : doubled + THRESHOLD;
      out_word[o] <= RARER ? limit >= whole : whole >= limit;
    end
  end

  valid_delay #(.CLOCKS(TREE_LATENCY + 3)) steps (.clk, .rst_n, .in(reserve), .out(out_valid));
endmodule
