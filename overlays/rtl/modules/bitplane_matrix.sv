// The first layer where there are eight clocks for a window: 8-bit values times weights of +1 and -1, one plane of bits a
// clock, the highest first. In a plane a row counts where bits agree with its constant weights, as a binary layer does. A
// weight of -1 agrees with 0, so the sum of a row, with counts doubled plane by plane, is the sum of the products plus
// 255 for each weight of -1; the thresholds contain that.
module bitplane_matrix #(
    parameter int INPUTS = 27,
    parameter int OUTPUTS = 64,
    parameter int TREE_LATENCY = 3,  // clocks
    parameter logic [OUTPUTS*INPUTS-1:0] WEIGHTS = '0,  // of output o: bits o * INPUTS and up; 1 is +1, 0 is -1
    localparam int SUM_BITS = $clog2(INPUTS * 255 + 1),
    parameter logic [OUTPUTS*(SUM_BITS+1)-1:0] THRESHOLDS = '0
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
  localparam int GROUPS = (INPUTS + 5) / 6;
  localparam int COUNT_BITS = $clog2(INPUTS + 1);

  logic [2:0] plane;  // 7 minus its number, so that a reset begins at the highest
  logic is_last, step;
  assign is_last = plane == 3'd7;
  assign step = in_valid && (credit || !is_last);
  assign in_ready = credit && is_last;
  assign reserve = step && is_last;
  always_ff @(posedge clk) begin
    if (!rst_n) plane <= '0;
    else if (step) plane <= plane + 1'b1;
  end

  logic [INPUTS-1:0] bits;
  for (genvar k = 0; k < INPUTS; k++) begin : value
    logic [7:0] number;
    assign number = in_vector[k*8+:8];
    always_ff @(posedge clk) bits[k] <= number[~plane];
  end

  // A group that is shorter has zeros with the weight 1, which do not agree.
  logic [GROUPS*6-1:0] activations;
  assign activations = (GROUPS * 6)'(bits);

  function automatic logic [5:0] group_weights(input int o, input int group);
    group_weights = '1;
    for (int k = 0; k < 6; k++) begin
      if (group * 6 + k < INPUTS) group_weights[k] = WEIGHTS[o*INPUTS+group*6+k];
    end
  endfunction

  logic plane_valid, sums_valid;
  logic [2:0] sum_plane;
  valid_delay #(.CLOCKS(2 + TREE_LATENCY)) steps (.clk, .rst_n, .in(step), .out(plane_valid));
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      sum_plane <= '0;
      sums_valid <= 1'b0;
    end else begin
      if (plane_valid) sum_plane <= sum_plane + 1'b1;
      sums_valid <= plane_valid && sum_plane == 3'd7;
    end
  end

  logic [OUTPUTS*SUM_BITS-1:0] sums;
  for (genvar o = 0; o < OUTPUTS; o++) begin : row
    logic [GROUPS*3-1:0] counts, counts_1;
    logic [COUNT_BITS-1:0] agreeing;
    logic [SUM_BITS-1:0] doubled;
    for (genvar g = 0; g < GROUPS; g++) begin : group
      xnor_count #(.GROUP(6), .WEIGHTS(group_weights(o, g))) xnors (
          .activations(activations[g*6+:6]), .row(1'b0), .count({counts[2*GROUPS+g], counts[GROUPS+g], counts[g]})
      );
    end
    compressor_tree #(.NUMBERS(GROUPS), .BITS(3), .SUM_BITS(COUNT_BITS), .LATENCY(TREE_LATENCY)) tree (
        .clk, .in(counts_1), .sum(agreeing)
    );
    assign doubled = sum_plane == '0 ? '0 : sums[o*SUM_BITS+:SUM_BITS] << 1;
    always_ff @(posedge clk) begin
      counts_1 <= counts;
      if (plane_valid) sums[o*SUM_BITS+:SUM_BITS] <= doubled + SUM_BITS'(agreeing);
    end
  end

  threshold_unit #(.PES(OUTPUTS), .FOLD(1), .SUM_BITS(SUM_BITS), .THRESHOLDS(THRESHOLDS)) thresholds (
      .clk, .rst_n, .sums, .sums_valid, .word(out_word), .word_valid(out_valid)
  );
endmodule
