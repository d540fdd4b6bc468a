`default_nettype none

// A first-in-first-out store of DEPTH words, a power of two. It takes one word and gives one word in each cycle.
//
// The oldest word is on `out_data` as long as `out_valid` is high. `level` is the number of words in it.
module beat_fifo #(
    parameter int BITS  = 64,
    parameter int DEPTH = 64
) (
    input  wire                        clk,
    input  wire                        rst_n,
    input  wire  [BITS-1:0]            in_data,
    input  wire                        in_valid,
    output wire                        in_ready,
    output wire  [BITS-1:0]            out_data,
    output wire                        out_valid,
    input  wire                        out_ready,
    output logic [$clog2(DEPTH+1)-1:0] level
);
    localparam int INDEX_BITS = $clog2(DEPTH);
    localparam int LEVEL_BITS = $clog2(DEPTH + 1);

    (* ram_style = "distributed" *) logic [BITS-1:0] words[DEPTH];
    logic [INDEX_BITS-1:0] oldest, free;

    assign in_ready  = level != LEVEL_BITS'(DEPTH);
    assign out_valid = level != 0;
    assign out_data  = words[oldest];

    wire put = in_valid && in_ready;
    wire take = out_valid && out_ready;

    always_ff @(posedge clk) if (put) words[free] <= in_data;

    always_ff @(posedge clk)
        if (!rst_n) begin
            level  <= 0;
            oldest <= 0;
            free   <= 0;
        end else begin
            level <= level + LEVEL_BITS'(put) - LEVEL_BITS'(take);
            if (put) free <= free + 1'b1;
            if (take) oldest <= oldest + 1'b1;
        end

`ifdef FORMAL
    // A proof begins with a reset. What an induction needs to know: the level is the distance of the two indices.
    logic begun = 0;
    always @(posedge clk) begun <= 1;
    always @* if (!begun) assume (!rst_n);
    always @(posedge clk) if (rst_n) begin
        assert (level <= LEVEL_BITS'(DEPTH));
        assert (level[INDEX_BITS-1:0] == free - oldest);
    end
`ifdef FORMAL_DATA
    // Any one word that is put in is watched, until it is taken out: it keeps its value and its place in the row.
    logic watching = 0;
    logic [BITS-1:0] watched;
    logic [LEVEL_BITS-1:0] ahead;  // words that come out before it
    logic offered = 0;
    logic [BITS-1:0] last_data;
    (* anyseq *) wire watch;
    always @(posedge clk) begin
        offered <= rst_n && out_valid && !out_ready;
        last_data <= out_data;
    end
    always @(posedge clk)
        if (!rst_n) watching <= 0;
        else if (watching) begin
            watching <= !(take && ahead == 0);
            ahead <= ahead - LEVEL_BITS'(take);
        end else if (put && watch) begin
            watching <= 1;
            watched <= in_data;
            ahead <= level - LEVEL_BITS'(take);
        end
    always @(posedge clk) if (rst_n && offered) assert (out_valid && out_data == last_data);
    always @(posedge clk) if (rst_n && watching) begin
        assert (ahead < level);
        assert (words[oldest+ahead[INDEX_BITS-1:0]] == watched);
        if (ahead == 0) assert (out_valid && out_data == watched);
    end
`endif
`endif
endmodule

`default_nettype wire
