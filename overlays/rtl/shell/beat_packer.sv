`default_nettype none

// Collects the words of images into beats, the first word in the lowest bytes.
//
// Images follow each other without a gap. Where they are no whole number of beats, an image may begin within a beat; then
// the last beat of a transfer is filled up with bytes that mean nothing, and words are taken only while a transfer wants
// them. A word goes into beats in pieces of as many bytes as divide both.
module beat_packer #(
    parameter int WORD_BYTES = 2,
    parameter int IMAGE_WORDS = 4,
    parameter int BEAT_BYTES = 8
) (
    input  wire                     clk,
    input  wire                     rst_n,
    input  wire                     start,
    input  wire  [31:0]             images,
    input  wire  [8*WORD_BYTES-1:0] in_data,
    input  wire                     in_valid,
    output wire                     in_ready,
    output logic [8*BEAT_BYTES-1:0] out_data,
    output wire                     out_valid,
    input  wire                     out_ready
);
    localparam int POWER_OF_TWO = WORD_BYTES & -WORD_BYTES;  // the largest one that divides a word, as beats are one
    localparam int PIECE_BYTES = POWER_OF_TWO < BEAT_BYTES ? POWER_OF_TWO : BEAT_BYTES;
    localparam int PIECE_BITS = 8 * PIECE_BYTES;
    localparam int WORD_PIECES = WORD_BYTES / PIECE_BYTES;
    localparam int BEAT_PIECES = BEAT_BYTES / PIECE_BYTES;
    localparam int PIECE_INDEX_BITS = $clog2(WORD_PIECES + 1);
    localparam int COUNT_BITS = $clog2(BEAT_PIECES + 1);
    localparam bit HAS_PARTIAL_BEATS = IMAGE_WORDS * WORD_BYTES % BEAT_BYTES != 0;

    logic [PIECE_INDEX_BITS-1:0] piece;  // of the word
    logic [COUNT_BITS-1:0] count;        // pieces in the beat

    wire wanted;  // a transfer wants a word
    wire fills;   // the rest of a transfer's last beat
    wire takes_piece = in_valid && wanted && !out_valid;
    wire is_last_piece = piece == PIECE_INDEX_BITS'(WORD_PIECES - 1);

    assign in_ready  = wanted && !out_valid && is_last_piece;
    assign out_valid = count == COUNT_BITS'(BEAT_PIECES);

    always_ff @(posedge clk) begin
        if (!rst_n) begin
            piece <= 0;
            count <= 0;
        end else begin
            if (takes_piece) piece <= is_last_piece ? '0 : piece + 1'b1;
            if (out_valid && out_ready) count <= 0;
            else if (takes_piece || fills) count <= count + 1'b1;
        end
        if (takes_piece || fills)
            out_data <= (8 * BEAT_BYTES)'({in_data[PIECE_BITS*piece+:PIECE_BITS], out_data} >> PIECE_BITS);
    end

    if (HAS_PARTIAL_BEATS) begin : partial_beats
        localparam int WORD_INDEX_BITS = $clog2(IMAGE_WORDS + 1);

        logic [31:0] left;                 // images of the transfer that have words to come
        logic [WORD_INDEX_BITS-1:0] word;  // of the image
        wire is_last_word = word == WORD_INDEX_BITS'(IMAGE_WORDS - 1);

        assign wanted = left != 0;
        assign fills  = !wanted && count != 0 && !out_valid;

        always_ff @(posedge clk)
            if (!rst_n) begin
                left <= 0;
                word <= 0;
            end else begin
                if (start) left <= images;
                else if (in_valid && in_ready && is_last_word) left <= left - 1'b1;
                if (in_valid && in_ready) word <= is_last_word ? '0 : word + 1'b1;
            end
    end else begin : whole_beats
        assign wanted = 1;
        assign fills  = 0;

        wire unused = &{1'b0, start, images};
    end

`ifdef FORMAL
    // A proof begins with a reset, and a word stays until it is taken.
    logic begun = 0, waited = 0, offered = 0;
    logic [8*WORD_BYTES-1:0] last_word;
    logic [8*BEAT_BYTES-1:0] last_beat;
    always @(posedge clk) begin
        begun <= 1;
        waited <= rst_n && in_valid && !in_ready;
        offered <= rst_n && out_valid && !out_ready;
        last_word <= in_data;
        last_beat <= out_data;
    end
    always @* if (!begun) assume (!rst_n);
    always @* if (waited) assume (in_valid && in_data == last_word);

    // Any one byte of the words, counted from a beat's first byte on, keeps its value and gets its place.
    localparam int AT_BITS = $clog2(BEAT_BYTES + 1);
    logic [7:0] byte_put;
    (* anyconst *) wire [AT_BITS-1:0] at;
    wire [AT_BITS-1:0] filled = AT_BITS'(count) * AT_BITS'(PIECE_BYTES);  // bytes in the beat
    wire [AT_BITS-1:0] within = at - filled;
    always @* assume (at < AT_BITS'(BEAT_BYTES));
    always @(posedge clk)
        if ((takes_piece || fills) && at >= filled && within < AT_BITS'(PIECE_BYTES))
            byte_put <= in_data[8*(PIECE_BYTES*piece+within)+:8];
    always @(posedge clk) if (rst_n) begin
        if (offered) assert (out_valid && out_data == last_beat);
        assert (count <= COUNT_BITS'(BEAT_PIECES));
        assert (piece < PIECE_INDEX_BITS'(WORD_PIECES));
        if (at < filled) assert (out_data[8*(AT_BITS'(BEAT_BYTES)-filled+at)+:8] == byte_put);
    end
`endif
endmodule

`default_nettype wire
