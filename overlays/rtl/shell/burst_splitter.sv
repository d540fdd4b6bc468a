`default_nettype none

// Cuts one transfer into bursts that a Zynq's AXI3 ports take, and lets none of them out of the address window.
//
// A burst has at most 16 beats (AXI3, AxLEN has 4 bits) and never crosses a 4 KiB boundary (AMBA AXI, A3.4.1). A burst
// outside of the window [window_first, window_end), or one whose address is no multiple of a beat, is not offered:
// `outside` goes high, and until a reset it stays high and no other burst is offered. While `stop` is high no new burst
// is offered; one that is offered already stays. The window must not change while a transfer runs. `burst_is_last` says
// that the burst that is offered is the transfer's last one.
module burst_splitter #(
    parameter int BEAT_BYTES = 8,
    parameter int BEATS_BITS = 48
) (
    input  wire                   clk,
    input  wire                   rst_n,
    input  wire                   start,
    input  wire  [63:0]           address,
    input  wire  [BEATS_BITS-1:0] beats,
    input  wire  [63:0]           window_first,
    input  wire  [63:0]           window_end,
    input  wire                   stop,
    output wire                   idle,
    output logic                  outside,
    output wire                   burst_valid,
    input  wire                   burst_ready,
    output logic [63:0]           burst_address,
    output logic [4:0]            burst_beats,
    output wire                   burst_is_last
);
    localparam int PAGE_BYTES = 4096;
    localparam int PAGE_BEATS = PAGE_BYTES / BEAT_BYTES;
    localparam int BYTE_BITS = $clog2(BEAT_BYTES);
    localparam int PAGE_BITS = $clog2(PAGE_BEATS + 1);
    localparam logic [4:0] LONGEST = 16;

    typedef enum logic [1:0] {
        IDLE,
        MEASURE,
        CHECK,
        OFFER
    } state_t;
    state_t state;

    logic [63:0] next_address;
    logic [BEATS_BITS-1:0] left;

    // The shortest of: the longest burst, the way to the next page, what is left.
    wire [PAGE_BITS-1:0] to_page = PAGE_BITS'(PAGE_BEATS) - PAGE_BITS'(next_address[11:BYTE_BITS]);
    wire [4:0] in_page = to_page < PAGE_BITS'(LONGEST) ? to_page[4:0] : LONGEST;
    wire [4:0] length = left < BEATS_BITS'(in_page) ? left[4:0] : in_page;

    // A burst stays within its page, so no carry leaves the address within the page: an adder of 12 bits in front of the
    // comparison of 64, not one of 64.
    wire [11:0] burst_bytes = 12'(burst_beats) << BYTE_BITS;
    wire [11:0] last_in_page = burst_address[11:0] + burst_bytes - 12'd1;
    wire [63:0] last_byte = {burst_address[63:12], last_in_page};
    wire aligned = burst_address[BYTE_BITS-1:0] == 0;
    wire inside_window = aligned && burst_address >= window_first && last_byte < window_end;

    assign idle = state == IDLE;
    assign burst_valid = state == OFFER;
    assign burst_is_last = left == BEATS_BITS'(burst_beats);

    always_ff @(posedge clk)
        if (!rst_n) begin
            state   <= IDLE;
            outside <= 0;
        end else
            unique case (state)
                IDLE:
                if (start && beats != 0 && !outside && !stop) begin
                    next_address <= address;
                    left <= beats;
                    state <= MEASURE;
                end
                MEASURE: begin
                    burst_address <= next_address;
                    burst_beats <= length;
                    state <= CHECK;
                end
                CHECK:
                if (stop) state <= IDLE;
                else if (inside_window) state <= OFFER;
                else begin
                    outside <= 1;
                    state   <= IDLE;
                end
                OFFER:
                if (burst_ready) begin
                    next_address <= burst_address + 64'(burst_bytes);
                    left <= left - BEATS_BITS'(burst_beats);
                    state <= burst_is_last ? IDLE : MEASURE;
                end
            endcase

`ifdef FORMAL
    always @(posedge clk) if (rst_n) begin
        if (state != IDLE) assert (left != 0);
        if (state == CHECK || state == OFFER) begin
            assert (burst_beats >= 1 && burst_beats <= LONGEST && BEATS_BITS'(burst_beats) <= left);
            assert (PAGE_BITS'(burst_address[11:BYTE_BITS]) + PAGE_BITS'(burst_beats) <= PAGE_BITS'(PAGE_BEATS));
        end
        if (state == OFFER) assert (inside_window);
    end
`endif
endmodule

`default_nettype wire
