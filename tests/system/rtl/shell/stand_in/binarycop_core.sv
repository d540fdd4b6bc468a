`default_nettype none

// Stands for the core in tests of the shell: after 1,024 pixels it gives four scores that a bench can compute.
//
// Score k is k + the sum of all bytes of the image, byte i of a pixel times (i + k + 1), modulo 2^SCORE_BITS.
`ifndef SCORE_BITS
`define SCORE_BITS 11
`endif
module binarycop_core #(
    localparam int SCORE_BITS = `SCORE_BITS
) (
    input  wire                   clk,
    input  wire                   rst_n,
    input  wire  [23:0]           s_axis_tdata,
    input  wire                   s_axis_tvalid,
    output wire                   s_axis_tready,
    output logic [SCORE_BITS-1:0] m_axis_tdata,
    output wire                   m_axis_tlast,
    output wire                   m_axis_tvalid,
    input  wire                   m_axis_tready
);
    logic [SCORE_BITS-1:0] sums[4];
    logic [9:0] pixel;
    logic giving;
    logic [1:0] score;

    assign s_axis_tready = !giving;
    assign m_axis_tvalid = giving;
    assign m_axis_tdata  = sums[score];
    assign m_axis_tlast  = score == 3;

    always_ff @(posedge clk)
        if (!rst_n) begin
            pixel  <= 0;
            giving <= 0;
            score  <= 0;
            for (int k = 0; k < 4; k++) sums[k] <= SCORE_BITS'(k);
        end else if (giving) begin
            if (m_axis_tready) begin
                score <= score + 1'b1;
                if (m_axis_tlast) begin
                    giving <= 0;
                    for (int k = 0; k < 4; k++) sums[k] <= SCORE_BITS'(k);
                end
            end
        end else if (s_axis_tvalid) begin
            for (int k = 0; k < 4; k++)
                sums[k] <= sums[k] + SCORE_BITS'(s_axis_tdata[7:0]) * SCORE_BITS'(k + 1)
                    + SCORE_BITS'(s_axis_tdata[15:8]) * SCORE_BITS'(k + 2)
                    + SCORE_BITS'(s_axis_tdata[23:16]) * SCORE_BITS'(k + 3);
            pixel <= pixel + 1'b1;
            giving <= pixel == 1023;
        end
endmodule

`default_nettype wire
