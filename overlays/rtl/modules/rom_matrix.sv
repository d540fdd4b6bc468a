// Matrix unit with weights from a ROM, for layers with many weights and few windows. PES rows work side by side. A row's
// inputs are taken in PASSES parts of LANES, so a vector takes OUTPUTS / PES * PASSES steps, one a clock. The sums are the
// numbers of agreeing bits. The word of the ROM for a step has the LANES weights of each PE, and comes two clocks after
// its address.
module rom_matrix #(
    parameter int INPUTS = 288,
    parameter int OUTPUTS = 64,
    parameter int PES = 1,
    parameter int PASSES = 1,
    parameter bit PLACE_FOR_EACH_ROW = 1'b0,  // reserve a place for the sums of each row; else one for each vector
    parameter bit XNOR_IN_DSP = 1'b0,  // 48 XNORs in a DSP48E1; else in look-up tables
    parameter int TREE_LATENCY = 4,  // clocks
    localparam int LANES = INPUTS / PASSES,
    localparam int SUM_BITS = $clog2(INPUTS + 1),
    localparam int ADDRESS_BITS = $clog2(OUTPUTS / PES * PASSES)
) (
    input  logic                    clk,
    input  logic                    rst_n,
    input  logic [INPUTS-1:0]       in_vector,
    input  logic                    in_valid,
    output logic                    in_ready,
    output logic [ADDRESS_BITS-1:0] rom_address,
    input  logic [PES*LANES-1:0]    rom_word,
    input  logic                    credit,
    output logic                    reserve,
    output logic [PES*SUM_BITS-1:0] sums,
    output logic                    sums_valid
);
  localparam int STEPS = OUTPUTS / PES * PASSES;
  localparam int PASS_BITS = PASSES > 1 ? $clog2(PASSES) : 1;
  localparam logic [PASS_BITS-1:0] LAST_PASS = PASS_BITS'(PASSES - 1);

  logic [ADDRESS_BITS-1:0] address;
  logic [PASS_BITS-1:0] pass;
  logic is_last, needs_place, step;
  assign is_last = address == ADDRESS_BITS'(STEPS - 1);
  assign needs_place = PLACE_FOR_EACH_ROW ? pass == LAST_PASS : is_last;
  assign step = in_valid && (credit || !needs_place);
  assign in_ready = credit && is_last;
  assign reserve = step && needs_place;
  assign rom_address = address;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      address <= '0;
      pass <= '0;
    end else if (step) begin
      address <= is_last ? '0 : address + 1'b1;
      pass <= pass == LAST_PASS ? '0 : pass + 1'b1;
    end
  end

  logic [PASSES-1:0][LANES-1:0] parts;
  logic [LANES-1:0] lanes_1, lanes_2;
  assign parts = in_vector;
  always_ff @(posedge clk) begin
    lanes_1 <= parts[pass];
    lanes_2 <= lanes_1;
  end

  // Agreements are counted in small groups, and the counts added by the tree.
  localparam int GROUP = XNOR_IN_DSP ? 6 : 3;
  localparam int GROUPS = (LANES + GROUP - 1) / GROUP;
  localparam int COUNT_BITS = $clog2(GROUP + 1);
  localparam int COUNT_LATENCY = XNOR_IN_DSP ? 3 : 1;
  logic [PES*SUM_BITS-1:0] part_sums;
  for (genvar p = 0; p < PES; p++) begin : pe
    logic [GROUPS*COUNT_BITS-1:0] counts, counts_1;
    if (XNOR_IN_DSP) begin : in_dsp
      localparam int DSPS = (LANES + 47) / 48;
      // Lanes that do not exist: 0 with the weight 1, which do not agree.
      logic [DSPS*48-1:0] activations, weights, agree;
      assign activations = (DSPS * 48)'(lanes_2);
      always_comb begin
        weights = '1;
        weights[LANES-1:0] = rom_word[p*LANES+:LANES];
      end
      for (genvar d = 0; d < DSPS; d++) begin : dsp
        xnor48 xnors (.clk, .a(activations[d*48+:48]), .b(weights[d*48+:48]), .agree(agree[d*48+:48]));
      end
      logic unused_agree;
      assign unused_agree = &{1'b0, agree};
      for (genvar g = 0; g < GROUPS; g++) begin : group
        compressor #(.INPUTS(6)) ones (
            .in(agree[g*6+:6]), .count({counts[2*GROUPS+g], counts[GROUPS+g], counts[g]})
        );
      end
    end else begin : in_tables
      logic [GROUPS*GROUP-1:0] activations, weights;
      assign activations = (GROUPS * GROUP)'(lanes_2);
      always_comb begin
        weights = '1;
        weights[LANES-1:0] = rom_word[p*LANES+:LANES];
      end
      for (genvar g = 0; g < GROUPS; g++) begin : group
        agreement_count agreements (
            .a(activations[g*3+:3]), .b(weights[g*3+:3]), .count({counts[GROUPS+g], counts[g]})
        );
      end
    end
    always_ff @(posedge clk) counts_1 <= counts;
    compressor_tree #(.NUMBERS(GROUPS), .BITS(COUNT_BITS), .SUM_BITS(SUM_BITS), .LATENCY(TREE_LATENCY)) tree (
        .clk, .in(counts_1), .sum(part_sums[p*SUM_BITS+:SUM_BITS])
    );
  end

  logic part_valid;
  valid_delay #(.CLOCKS(2 + COUNT_LATENCY + TREE_LATENCY)) steps (.clk, .rst_n, .in(step), .out(part_valid));

  if (PASSES == 1) begin : at_once
    assign sums = part_sums;
    assign sums_valid = part_valid;
  end else begin : in_passes
    logic [PASS_BITS-1:0] part;
    always_ff @(posedge clk) begin
      if (!rst_n) begin
        part <= '0;
        sums_valid <= 1'b0;
      end else begin
        if (part_valid) part <= part == LAST_PASS ? '0 : part + 1'b1;
        sums_valid <= part_valid && part == LAST_PASS;
      end
    end
    for (genvar p = 0; p < PES; p++) begin : pe
      logic [SUM_BITS-1:0] so_far;
      assign so_far = part == '0 ? '0 : sums[p*SUM_BITS+:SUM_BITS];
      always_ff @(posedge clk) begin
        if (part_valid) sums[p*SUM_BITS+:SUM_BITS] <= so_far + part_sums[p*SUM_BITS+:SUM_BITS];
      end
    end
  end
endmodule
