`default_nettype none

// Cuts a stream of beats into pixels of three bytes, the first pixel from the lowest bytes.
//
// Three beats hold BEAT_BYTES pixels, a cycle that repeats within an image and ends with it: 3,072 bytes. A pixel's last
// byte is always in the current beat; up to two bytes before it may be of the beat before, which are kept.
module pixel_narrower #(
    parameter int BEAT_BYTES = 8
) (
    input  wire                    clk,
    input  wire                    rst_n,
    input  wire [8*BEAT_BYTES-1:0] in_data,
    input  wire                    in_valid,
    output wire                    in_ready,
    output wire [23:0]             out_data,
    output wire                    out_valid,
    input  wire                    out_ready
);
    localparam int COUNT_BITS = $clog2(BEAT_BYTES + 1);

    logic [COUNT_BITS-1:0] at;  // where the pixel begins in {current beat, the two bytes before it}
    logic [15:0] earlier;
    wire [8*BEAT_BYTES+15:0] bytes = {in_data, earlier};

    // After this pixel the next one ends within this beat, or it needs the next beat.
    wire ends_beat = at > COUNT_BITS'(BEAT_BYTES - 4);
    wire took = out_valid && out_ready;

    assign out_valid = in_valid;
    assign out_data  = bytes[8*at+:24];
    assign in_ready  = out_ready && ends_beat;

    always_ff @(posedge clk) begin
        if (!rst_n) at <= 2;
        else if (took) at <= ends_beat ? at + COUNT_BITS'(3) - COUNT_BITS'(BEAT_BYTES) : at + COUNT_BITS'(3);
        if (took && ends_beat) earlier <= in_data[8*BEAT_BYTES-1-:16];
    end

`ifdef FORMAL
    // A proof begins with a reset, and the beat stays until it is taken.
    logic begun = 0, waited = 0, offered = 0;
    logic [8*BEAT_BYTES-1:0] last_beat;
    logic [23:0] last_pixel;
    always @(posedge clk) begin
        begun <= 1;
        waited <= rst_n && in_valid && !in_ready;
        offered <= rst_n && out_valid && !out_ready;
        last_beat <= in_data;
        last_pixel <= out_data;
    end
    always @* if (!begun) assume (!rst_n);
    always @* if (waited) assume (in_valid && in_data == last_beat);
    always @(posedge clk) if (rst_n) begin
        if (offered) assert (out_valid && out_data == last_pixel);
        assert (at < COUNT_BITS'(BEAT_BYTES));  // so a pixel never reaches beyond the beat
    end
`endif
endmodule

`default_nettype wire
