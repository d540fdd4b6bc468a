`default_nettype none

// Collects scores of 16 bits into beats, the first score in the lowest bytes.
module score_widener #(
    parameter int BEAT_BYTES = 8
) (
    input  wire                     clk,
    input  wire                     rst_n,
    input  wire  [15:0]             in_data,
    input  wire                     in_valid,
    output wire                     in_ready,
    output logic [8*BEAT_BYTES-1:0] out_data,
    output wire                     out_valid,
    input  wire                     out_ready
);
    localparam int SCORES = BEAT_BYTES / 2;
    localparam int COUNT_BITS = $clog2(SCORES + 1);

    logic [COUNT_BITS-1:0] count;

    assign out_valid = count == COUNT_BITS'(SCORES);
    assign in_ready  = !out_valid;

    always_ff @(posedge clk) begin
        if (!rst_n) count <= 0;
        else if (out_valid && out_ready) count <= 0;
        else if (in_valid && in_ready) count <= count + 1'b1;
        if (in_valid && in_ready) out_data <= {in_data, out_data[8*BEAT_BYTES-1:16]};
    end

`ifdef FORMAL
    // A proof begins with a reset.
    logic begun = 0, offered = 0;
    logic [8*BEAT_BYTES-1:0] last_beat;
    always @(posedge clk) begin
        begun <= 1;
        offered <= rst_n && out_valid && !out_ready;
        last_beat <= out_data;
    end
    always @* if (!begun) assume (!rst_n);
    always @(posedge clk) if (rst_n) begin
        if (offered) assert (out_valid && out_data == last_beat);
        assert (count <= COUNT_BITS'(SCORES));
    end
`endif
endmodule

`default_nettype wire
