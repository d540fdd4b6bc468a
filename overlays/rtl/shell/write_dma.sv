`default_nettype none

// Writes a transfer into memory through AXI3, from a stream of beats.
//
// A burst begins only when all of its beats are in the FIFO, so its data come without a gap and a core that stands still
// never blocks the memory's port. One burst is on its way at a time; its response is awaited. After an error response, or
// a fault of the other DMA, no further burst begins.
//
// Where a transfer is no whole number of beats, the strobes of its last beat leave out the bytes behind its end. The window
// must hold that beat as a whole all the same.
module write_dma #(
    parameter int BEAT_BYTES = 8,
    parameter int FIFO_BEATS = 16,
    parameter int BYTES_BITS = 48
) (
    input  wire                           clk,
    input  wire                           rst_n,
    input  wire                           start,
    input  wire  [63:0]                   address,
    input  wire  [BYTES_BITS-1:0]         bytes,
    input  wire  [63:0]                   window_first,
    input  wire  [63:0]                   window_end,
    input  wire                           peer_fault,
    output logic                          finished,
    output logic [fault_causes::BITS-1:0] fault,
    // AXI3, write channels
    output wire  [63:0]                   awaddr,
    output wire  [3:0]                    awlen,
    output wire                           awvalid,
    input  wire                           awready,
    output wire  [8*BEAT_BYTES-1:0]       wdata,
    output wire  [BEAT_BYTES-1:0]         wstrb,
    output wire                           wlast,
    output wire                           wvalid,
    input  wire                           wready,
    input  wire  [1:0]                    bresp,
    input  wire                           bvalid,
    output wire                           bready,
    // stream of beats
    input  wire  [8*BEAT_BYTES-1:0]       in_data,
    input  wire                           in_valid,
    output wire                           in_ready
);
    localparam int LEVEL_BITS = $clog2(FIFO_BEATS + 1);
    localparam int BYTE_BITS = $clog2(BEAT_BYTES);
    localparam int BEATS_BITS = BYTES_BITS - BYTE_BITS;

    wire [BYTE_BITS-1:0] rest = bytes[BYTE_BITS-1:0];  // bytes in a last beat that is not full
    wire [BEATS_BITS-1:0] beats = bytes[BYTES_BITS-1:BYTE_BITS] + BEATS_BITS'(rest != 0);

    wire burst_valid, burst_is_last, outside, splitter_idle;
    wire [4:0] burst_beats;
    wire faulty = fault != 0;

    burst_splitter #(
        .BEAT_BYTES(BEAT_BYTES),
        .BEATS_BITS(BEATS_BITS)
    ) splitter (
        .clk,
        .rst_n,
        .start,
        .address,
        .beats,
        .window_first,
        .window_end,
        .stop(faulty),
        .idle(splitter_idle),
        .outside,
        .burst_valid,
        .burst_ready(bvalid && bready),
        .burst_address(awaddr),
        .burst_beats,
        .burst_is_last
    );

    wire [LEVEL_BITS-1:0] level;
    wire fifo_valid;
    beat_fifo #(
        .BITS (8 * BEAT_BYTES),
        .DEPTH(FIFO_BEATS)
    ) fifo (
        .clk,
        .rst_n,
        .in_data,
        .in_valid,
        .in_ready,
        .out_data(wdata),
        .out_valid(fifo_valid),
        .out_ready(wvalid && wready),
        .level
    );

    // Address and data go out side by side: a slave may wait for either before it takes the other (AMBA AXI, A3.3).
    logic address_left;          // the address has not been taken
    logic [4:0] beats_left;      // beats that have not been taken
    logic responding;            // the response has not come
    logic [BYTE_BITS-1:0] tail;  // the `rest` of the transfer that runs

    assign awvalid = address_left;
    assign awlen = 4'(burst_beats - 5'd1);
    assign wvalid = beats_left != 0;
    assign wlast = beats_left == 1;
    assign wstrb = wlast && burst_is_last && tail != 0 ? ~({BEAT_BYTES{1'b1}} << tail) : '1;
    assign bready = responding && !address_left && beats_left == 0;

    wire begins = burst_valid && !responding && !faulty && level >= LEVEL_BITS'(burst_beats);

    logic running;
    wire ends = running && !start && splitter_idle && !outside && !faulty;

    always_ff @(posedge clk)
        if (!rst_n) begin
            address_left <= 0;
            beats_left <= 0;
            responding <= 0;
            running <= 0;
            finished <= 0;
            fault <= 0;
        end else begin
            if (begins) begin
                address_left <= 1;
                beats_left   <= burst_beats;
                responding   <= 1;
            end else begin
                if (awready) address_left <= 0;
                if (wvalid && wready) beats_left <= beats_left - 1'b1;
                if (bvalid && bready) responding <= 0;
            end
            if (start && !running) tail <= rest;
            running <= (running || start) && !ends;
            finished <= ends;
            if (outside) fault[fault_causes::ADDRESS] <= 1;
            if (bvalid && bready && bresp == 2'b10) fault[fault_causes::SLAVE] <= 1;
            if (bvalid && bready && bresp == 2'b11) fault[fault_causes::DECODE] <= 1;
            if (peer_fault) fault[fault_causes::PEER] <= 1;
            if (bvalid && !responding) fault[fault_causes::UNEXPECTED] <= 1;
        end

    wire unused = &{1'b0, fifo_valid};

`ifdef FORMAL
    // A proof begins with a reset, and the window does not change while the DMA runs.
    logic begun = 0;
    logic [127:0] last_window;
    always @(posedge clk) begin
        begun <= 1;
        last_window <= {window_end, window_first};
    end
    always @* if (!begun) assume (!rst_n);
    always @* if (begun && (running || start)) assume (last_window == {window_end, window_first});

    wire address_taken, all_sent;
    wire [4:0] sent;
    wire [3:0] last_awlen;
    axi_write_rules #(
        .BEAT_BYTES(BEAT_BYTES)
    ) rules (
        .clk, .rst_n, .window_first, .window_end, .awaddr, .awlen, .awvalid, .awready, .wdata, .wstrb, .wlast, .wvalid, .wready,
        .bvalid, .bready, .faulty, .address_taken, .all_sent, .sent, .last_awlen
    );

    // The beats that are left are in the FIFO, and a burst is held until its response.
    always @(posedge clk) if (rst_n) begin
        assert (level >= LEVEL_BITS'(beats_left));
        if (!running) assert (splitter_idle);
        if (responding) assert (burst_valid && beats_left <= burst_beats);
        else assert (!address_left && beats_left == 0);
        if (address_left) assert (responding);
        assert (address_taken == (responding && !address_left));
        assert (all_sent == (responding && beats_left == 0));
        assert (sent == (responding ? burst_beats - beats_left : 5'd0));
        if (address_taken) assert (last_awlen == awlen);
        if (wvalid) assert (fifo_valid);
    end
`endif
endmodule

`default_nettype wire
