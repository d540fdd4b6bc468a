// Matrix-threshold unit with constant weights, which are in the look-up tables themselves. OUTPUTS / FOLD rows work side
// by side (PEs), each for FOLD outputs one after the other: PE p computes output fold * PES + p. A vector takes FOLD
// clocks. The sum of a row is the number of agreeing bits.
module constant_matrix #(
    parameter int INPUTS = 144,
    parameter int OUTPUTS = 32,
    parameter int FOLD = 4,  // a power of two, at most 32
    parameter int TREE_LATENCY = 4,  // clocks
    parameter logic [OUTPUTS*INPUTS-1:0] WEIGHTS = '0,  // of output o: bits o * INPUTS and up
    localparam int SUM_BITS = $clog2(INPUTS + 1),
    parameter logic [OUTPUTS*(SUM_BITS+1)-1:0] THRESHOLDS = '0
) (
    input  logic               clk,
    input  logic               rst_n,
    input  logic [INPUTS-1:0]  in_vector,
    input  logic               in_valid,
    output logic               in_ready,
    input  logic               credit,
    output logic               reserve,
    output logic [OUTPUTS-1:0] out_word,
    output logic               out_valid
);
  localparam int PES = OUTPUTS / FOLD;
  localparam int FOLD_BITS = FOLD > 1 ? $clog2(FOLD) : 1;
  localparam int GROUP = 6 - $clog2(FOLD);
  localparam int GROUPS = (INPUTS + GROUP - 1) / GROUP;
  localparam int COUNT_BITS = $clog2(GROUP + 1);

  // Only the last step needs a place for the word, and only it can wait.
  logic [FOLD_BITS-1:0] fold;
  logic is_last, step;
  assign is_last = fold == FOLD_BITS'(FOLD - 1);
  assign step = in_valid && (credit || !is_last);
  assign in_ready = credit && is_last;
  assign reserve = step && is_last;
  always_ff @(posedge clk) begin
    if (!rst_n) fold <= '0;
    else if (step) fold <= is_last ? '0 : fold + 1'b1;
  end

  // The last group may be shorter. A 0 that meets the weight 1 does not agree, so it adds nothing.
  logic [GROUPS*GROUP-1:0] activations;
  assign activations = (GROUPS * GROUP)'(in_vector);

  function automatic logic [FOLD*GROUP-1:0] group_weights(input int pe, input int group);
    group_weights = '1;
    for (int f = 0; f < FOLD; f++) begin
      for (int k = 0; k < GROUP; k++) begin
        if (group * GROUP + k < INPUTS) begin
          group_weights[f*GROUP+k] = WEIGHTS[(f*PES+pe)*INPUTS+group*GROUP+k];
        end
      end
    end
  endfunction

  logic [PES*SUM_BITS-1:0] sums;
  for (genvar p = 0; p < PES; p++) begin : pe
    logic [GROUPS*COUNT_BITS-1:0] counts, counts_1;
    for (genvar g = 0; g < GROUPS; g++) begin : group
      logic [COUNT_BITS-1:0] count;
      xnor_count #(.GROUP(GROUP), .FOLD(FOLD), .WEIGHTS(group_weights(p, g))) xnors (
          .activations(activations[g*GROUP+:GROUP]),
          .row(fold),
          .count(count)
      );
      for (genvar b = 0; b < COUNT_BITS; b++) begin : plane
        assign counts[b*GROUPS+g] = count[b];
      end
    end
    always_ff @(posedge clk) counts_1 <= counts;
    compressor_tree #(.NUMBERS(GROUPS), .BITS(COUNT_BITS), .SUM_BITS(SUM_BITS), .LATENCY(TREE_LATENCY)) tree (
        .clk,
        .in (counts_1),
        .sum(sums[p*SUM_BITS+:SUM_BITS])
    );
  end

  logic sums_valid;
  valid_delay #(.CLOCKS(1 + TREE_LATENCY)) steps (.clk, .rst_n, .in(step), .out(sums_valid));
  threshold_unit #(.PES(PES), .FOLD(FOLD), .SUM_BITS(SUM_BITS), .THRESHOLDS(THRESHOLDS)) thresholds (
      .clk, .rst_n, .sums, .sums_valid, .word(out_word), .word_valid(out_valid)
  );
endmodule
