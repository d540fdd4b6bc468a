`default_nettype none

// Puts scores side by side into words, as FINN packs the innermost dimension of a network's output.
//
// A word has WORD_SCORES scores of SCORE_BITS bits, the first one in the lowest bits. The sign of the last one fills it
// up to WORD_BYTES bytes.
module score_packer #(
    parameter int SCORE_BITS = 11,
    parameter int WORD_SCORES = 1,
    parameter int WORD_BYTES = 2
) (
    input  wire                    clk,
    input  wire                    rst_n,
    input  wire [SCORE_BITS-1:0]   in_data,
    input  wire                    in_valid,
    output wire                    in_ready,
    output wire [8*WORD_BYTES-1:0] out_data,
    output wire                    out_valid,
    input  wire                    out_ready
);
    localparam int WORD_BITS = 8 * WORD_BYTES;
    localparam int SCORES_BITS = WORD_SCORES * SCORE_BITS;

    wire [SCORES_BITS-1:0] scores;
    assign out_data = WORD_BITS'(signed'(scores));

    if (WORD_SCORES == 1) begin : single
        assign scores = in_data;
        assign out_valid = in_valid;
        assign in_ready = out_ready;

        wire unused = &{1'b0, clk, rst_n};
    end else begin : several
        localparam int COUNT_BITS = $clog2(WORD_SCORES + 1);

        logic [COUNT_BITS-1:0] count;  // scores in the word
        logic [SCORES_BITS-1:0] collected;

        assign scores = collected;
        assign out_valid = count == COUNT_BITS'(WORD_SCORES);
        assign in_ready = !out_valid;

        always_ff @(posedge clk) begin
            if (!rst_n) count <= 0;
            else if (out_valid && out_ready) count <= 0;
            else if (in_valid && in_ready) count <= count + 1'b1;
            if (in_valid && in_ready) collected <= {in_data, collected[SCORES_BITS-1:SCORE_BITS]};
        end

`ifdef FORMAL
        // A proof begins with a reset. Any one score of a word keeps its value, and gets its place.
        logic begun = 0, offered = 0, watched = 0;
        logic [SCORES_BITS-1:0] last_scores;
        logic [SCORE_BITS-1:0] score;
        (* anyconst *) wire [COUNT_BITS-1:0] place;
        always @(posedge clk) begin
            begun <= 1;
            offered <= rst_n && out_valid && !out_ready;
            last_scores <= scores;
            if (in_valid && in_ready && count == place) score <= in_data;
        end
        always @* if (!begun) assume (!rst_n);
        always @* assume (place < COUNT_BITS'(WORD_SCORES));
        always @(posedge clk) if (rst_n) begin
            if (offered) assert (out_valid && scores == last_scores);
            assert (count <= COUNT_BITS'(WORD_SCORES));
            if (count > place)
                assert (collected[SCORE_BITS*(COUNT_BITS'(WORD_SCORES)-(count-place))+:SCORE_BITS] == score);
        end
`endif
    end
endmodule

`default_nettype wire
