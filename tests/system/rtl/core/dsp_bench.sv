// XNORs in the logic unit of DSP48E1s: a ROM matrix of 100 inputs in two passes, compared with a count by hand. It is
// simulated with yosys' models of the primitives DSP48E1 and LUT6. Compile with XILINX_PRIMITIVES.
module dsp_bench;
  localparam int INPUTS = 100, OUTPUTS = 6, PASSES = 2, LANES = INPUTS / PASSES, STEPS = OUTPUTS * PASSES;
  localparam int SUM_BITS = $clog2(INPUTS + 1), VECTORS = 200;

  logic clk = 0, rst_n = 0, in_valid = 0, in_ready, credit = 1, reserve, sums_valid;
  logic [INPUTS-1:0] vector = '0;
  logic [$clog2(STEPS)-1:0] address;
  logic [LANES-1:0] words[STEPS], word_1, word;
  logic [SUM_BITS-1:0] sums;
  rom_matrix #(
      .INPUTS(INPUTS), .OUTPUTS(OUTPUTS), .PASSES(PASSES), .PLACE_FOR_EACH_ROW(1), .XNOR_IN_DSP(1), .TREE_LATENCY(4)
  ) matrix (
      .clk, .rst_n, .in_vector(vector), .in_valid, .in_ready, .rom_address(address), .rom_word(word),
      .credit, .reserve, .sums, .sums_valid
  );

  always #5 clk = ~clk;
  always @(posedge clk) begin
    word_1 <= words[address];
    word <= word_1;
  end

  // The sums that must come, in order.
  int expected[$];
  int checked = 0, wrong = 0, front;
  always @(negedge clk) begin
    if (rst_n && sums_valid) begin
      front = expected.size() > 0 ? expected.pop_front() : -1;
      if (int'(sums) != front) wrong++;
      checked++;
    end
  end

  task automatic expect_sums;
    for (int o = 0; o < OUTPUTS; o++) begin
      int agreeing;
      agreeing = 0;
      for (int i = 0; i < INPUTS; i++) if (vector[i] == words[o*PASSES+i/LANES][i%LANES]) agreeing++;
      expected.push_back(agreeing);
    end
  endtask

  initial begin
    for (int i = 0; i < STEPS; i++) words[i] = LANES'({$urandom, $urandom});
    // A row that agrees with everything in a vector of ones, and one with nothing.
    words[0] = '1;
    words[1] = '1;
    words[2] = '0;
    words[3] = '0;
    repeat (4) @(negedge clk);
    rst_n = 1;
    for (int v = 0; v < VECTORS; v++) begin
      @(negedge clk);
      in_valid = 0;
      repeat ($urandom % 3) @(negedge clk);
      vector = v % 8 == 0 ? {INPUTS{v[3]}} : INPUTS'({$urandom, $urandom, $urandom, $urandom});
      expect_sums;
      in_valid = 1;
      credit = $urandom % 4 != 0;
      #1;
      while (!in_ready) begin
        @(negedge clk);
        credit = $urandom % 4 != 0;
        #1;
      end
    end
    @(negedge clk);
    in_valid = 0;
    repeat (40) @(negedge clk);
    $display("dsp_bench: %0d sums, %0d wrong", checked, wrong);
    if (wrong != 0 || checked != VECTORS * OUTPUTS) $fatal(1, "dsp_bench: not all sums are right");
    $finish;
  end
endmodule
