// Window, pool with its FIFO, and width converter by themselves: random data, random stalls on both sides, and resets in
// the middle. Each result is compared with one computed from the words that went in. +seed=N chooses the random numbers.
module module_bench;
  localparam int SIDE = 7, BITS = 5, PIPELINE = 6;
  localparam int PIXELS = SIDE * SIDE, HALF = SIDE / 2, WORDS = 3;

  logic clk = 0, rst_n = 0;
  always #5 clk = ~clk;

  int seed, errors = 0, windows = 0, pooled = 0, vectors = 0;
  logic [BITS-1:0] pixels[PIXELS];  // of all images, until the next reset

  function automatic logic maybe(input int percent);
    maybe = ($urandom % 100) < percent;
  endfunction

  // The window. What is offered stays until it is taken.
  logic window_in_valid = 0, window_in_ready, window_valid, window_ready = 0;
  int window_in = 0, window_out = 0;
  logic [9*BITS-1:0] window;
  sliding_window #(.CHANNEL_BITS(BITS), .SIDE(SIDE)) windows_of_three (
      .clk, .rst_n, .in_pixel(pixels[window_in]), .in_valid(window_in_valid), .in_ready(window_in_ready),
      .out_window(window), .out_valid(window_valid), .out_ready(window_ready)
  );

  // Pipeline, pool and FIFO: a word is reserved, comes PIPELINE clocks later, and is pooled.
  logic credit, reserve, pool_in_valid, pool_valid, swallowed, fifo_valid, fifo_ready = 0, wants = 0;
  int pool_in = 0, pool_out = 0;
  logic [BITS-1:0] pool_word, pool_pixel, fifo_word;
  assign reserve = wants && credit;
  valid_delay #(.CLOCKS(PIPELINE)) pipeline_valid (.clk, .rst_n, .in(reserve), .out(pool_in_valid));
  logic [PIPELINE*BITS-1:0] pipeline;
  always @(posedge clk) pipeline <= (PIPELINE * BITS)'({pipeline, pixels[pool_in]});
  assign pool_word = pipeline[PIPELINE*BITS-1-:BITS];
  or_pool #(.CHANNELS(BITS), .SIDE(SIDE)) pool (
      .clk, .rst_n, .in_pixel(pool_word), .in_valid(pool_in_valid), .out_pixel(pool_pixel), .out_valid(pool_valid), .swallowed
  );
  credit_fifo #(.WIDTH(BITS), .DEPTH(8)) fifo (
      .clk, .rst_n, .credit, .reserve, .swallowed, .in_word(pool_pixel), .in_valid(pool_valid),
      .out_word(fifo_word), .out_valid(fifo_valid), .out_ready(fifo_ready)
  );

  // The width converter.
  logic word_valid = 0, word_ready, vector_valid, vector_ready = 0;
  int word_in = 0, vector_out = 0;
  logic [WORDS*BITS-1:0] vector;
  width_converter #(.WIDTH(BITS), .WORDS(WORDS)) converter (
      .clk, .rst_n, .in_word(pixels[word_in]), .in_valid(word_valid), .in_ready(word_ready),
      .out_vector(vector), .out_valid(vector_valid), .out_ready(vector_ready)
  );

  function automatic logic [BITS-1:0] pixel(input int row, input int column);
    pixel = pixels[row*SIDE+column];
  endfunction

  function automatic logic [BITS-1:0] square(input int row, input int column);
    square = pixel(row, column) | pixel(row, column + 1) | pixel(row + 1, column) | pixel(row + 1, column + 1);
  endfunction

  // Half a clock after the edge all is settled; what is taken at the next edge is checked here.
  always @(negedge clk) begin
    if (rst_n) begin
      if (window_valid && window_ready) begin
        for (int r = 0; r < 3; r++) begin
          for (int c = 0; c < 3; c++) begin
            if (window[(r*3+c)*BITS+:BITS] !== pixel(window_out / (SIDE - 2) + r, window_out % (SIDE - 2) + c)) errors++;
          end
        end
        windows++;
        window_out = (window_out + 1) % ((SIDE - 2) * (SIDE - 2));
      end
      if (fifo_valid && fifo_ready) begin
        if (fifo_word !== square(pool_out / HALF * 2, pool_out % HALF * 2)) errors++;
        pooled++;
        pool_out = (pool_out + 1) % (HALF * HALF);
      end
      if (vector_valid && vector_ready) begin
        for (int w = 0; w < WORDS; w++) begin
          if (vector[w*BITS+:BITS] !== pixels[(vector_out*WORDS+w)%PIXELS]) errors++;
        end
        vectors++;
        vector_out = (vector_out + 1) % PIXELS;
      end
    end
  end

  // The inputs change behind the edge: what was taken makes room for the next.
  task automatic run(input int clocks, input int in_percent, input int out_percent);
    repeat (clocks) begin
      @(posedge clk);
      if (window_in_valid && window_in_ready) window_in_valid <= 0;
      if (window_in_valid && window_in_ready) window_in <= (window_in + 1) % PIXELS;
      if (!window_in_valid || window_in_ready) window_in_valid <= maybe(in_percent);
      if (reserve) pool_in <= (pool_in + 1) % PIXELS;
      wants <= maybe(in_percent);
      if (word_valid && word_ready) word_in <= (word_in + 1) % PIXELS;
      if (!word_valid || word_ready) word_valid <= maybe(in_percent);
      window_ready <= maybe(out_percent);
      fifo_ready <= maybe(out_percent);
      vector_ready <= maybe(out_percent);
    end
  endtask

  task automatic start;
    @(negedge clk);
    rst_n = 0;
    for (int i = 0; i < PIXELS; i++) pixels[i] = BITS'($urandom);
    @(posedge clk);
    window_in <= 0;
    pool_in <= 0;
    word_in <= 0;
    window_in_valid <= 0;
    word_valid <= 0;
    wants <= 0;
    @(negedge clk);
    window_out = 0;
    pool_out = 0;
    vector_out = 0;
    rst_n = 1;
  endtask

  initial begin
    if (!$value$plusargs("seed=%d", seed)) seed = 1;
    seed = $urandom(seed);
    for (int i = 0; i < 12; i++) begin
      start;
      run(150 + $urandom % 500, 20 + $urandom % 81, 10 + $urandom % 91);
    end
    $display("module_bench: %0d windows, %0d pooled pixels, %0d vectors, %0d errors", windows, pooled, vectors, errors);
    if (errors != 0 || windows < 100 || pooled < 100 || vectors < 100) $fatal(1, "module_bench: not all results are right");
    $finish;
  end
endmodule
