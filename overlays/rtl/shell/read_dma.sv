`default_nettype none

// Reads a transfer from memory through AXI3, and gives it out as a stream of beats.
//
// A burst is asked for only if its beats have room in the FIFO, so `rready` is always high and a core that stands still
// never blocks the memory's port. Up to FIFO_BEATS beats are on their way at a time, which hides the memory's latency.
// After a fault no further beat goes into the FIFO and no further burst begins. A burst whose address waits for the
// memory stays, since AXI lets no address be withdrawn, and what is on its way is still taken. All bursts have the same
// ID, so their data come in order.
module read_dma #(
    parameter int BEAT_BYTES = 8,
    parameter int FIFO_BEATS = 64,
    parameter int BEATS_BITS = 48
) (
    input  wire                           clk,
    input  wire                           rst_n,
    input  wire                           start,
    input  wire  [63:0]                   address,
    input  wire  [BEATS_BITS-1:0]         beats,
    input  wire  [63:0]                   window_first,
    input  wire  [63:0]                   window_end,
    input  wire                           peer_fault,
    output logic                          finished,
    output logic [fault_causes::BITS-1:0] fault,
    // AXI3, read channels
    output wire  [63:0]                   araddr,
    output wire  [3:0]                    arlen,
    output wire                           arvalid,
    input  wire                           arready,
    input  wire  [8*BEAT_BYTES-1:0]       rdata,
    input  wire  [1:0]                    rresp,
    input  wire                           rvalid,
    output wire                           rready,
    // stream of beats
    output wire  [8*BEAT_BYTES-1:0]       out_data,
    output wire                           out_valid,
    input  wire                           out_ready
);
    localparam int LEVEL_BITS = $clog2(FIFO_BEATS + 1);

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
        .burst_ready(arvalid && arready),
        .burst_address(araddr),
        .burst_beats,
        .burst_is_last
    );

    // Beats that were asked for: those that have not come, and those that have not left the FIFO.
    logic [LEVEL_BITS-1:0] coming, reserved;
    wire has_room = LEVEL_BITS'(FIFO_BEATS) - reserved >= LEVEL_BITS'(burst_beats);

    logic waiting;  // for the memory to take the address
    always_ff @(posedge clk) waiting <= rst_n && arvalid && !arready;

    assign arvalid = burst_valid && has_room && (waiting || !faulty);
    assign arlen   = 4'(burst_beats - 5'd1);
    assign rready  = 1;

    wire asked = arvalid && arready;
    wire came = rvalid && coming != 0;
    wire took = out_valid && out_ready;

    wire fifo_ready;
    wire [LEVEL_BITS-1:0] level;
    beat_fifo #(
        .BITS (8 * BEAT_BYTES),
        .DEPTH(FIFO_BEATS)
    ) fifo (
        .clk,
        .rst_n,
        .in_data(rdata),
        .in_valid(came && !rresp[1] && !faulty),
        .in_ready(fifo_ready),
        .out_data,
        .out_valid,
        .out_ready,
        .level
    );

    logic running;
    wire ends = running && !start && splitter_idle && !outside && !faulty && reserved == 0;

    always_ff @(posedge clk)
        if (!rst_n) begin
            coming <= 0;
            reserved <= 0;
            running <= 0;
            finished <= 0;
            fault <= 0;
        end else begin
            coming <= coming + (asked ? LEVEL_BITS'(burst_beats) : '0) - LEVEL_BITS'(came);
            reserved <= reserved + (asked ? LEVEL_BITS'(burst_beats) : '0) - LEVEL_BITS'(took);
            running <= (running || start) && !ends;
            finished <= ends;
            if (outside) fault[fault_causes::ADDRESS] <= 1;
            if (rvalid && rresp == 2'b10) fault[fault_causes::SLAVE] <= 1;
            if (rvalid && rresp == 2'b11) fault[fault_causes::DECODE] <= 1;
            if (peer_fault) fault[fault_causes::PEER] <= 1;
            if (rvalid && coming == 0) fault[fault_causes::UNEXPECTED] <= 1;
        end

    wire unused = &{1'b0, burst_is_last, fifo_ready, level};

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

    wire [9:0] coming_by_rules;
    axi_read_rules #(
        .BEAT_BYTES(BEAT_BYTES),
        .MOST_BEATS(FIFO_BEATS)
    ) rules (
        .clk, .rst_n, .window_first, .window_end, .araddr, .arlen, .arvalid, .arready, .rvalid, .rready,
        .faulty, .coming(coming_by_rules)
    );

    logic was_bad = 0;
    logic [LEVEL_BITS-1:0] last_level;
    always @(posedge clk) begin
        was_bad <= rst_n && (faulty || rresp[1]);
        last_level <= level;
    end

    // Every beat that comes has its place: the FIFO holds what was reserved and is not still coming.
    always @(posedge clk) if (rst_n) begin
        if (!running && !start) assert (splitter_idle);
        assert (coming_by_rules == 10'(coming));
        assert (coming <= reserved && reserved <= LEVEL_BITS'(FIFO_BEATS));
        assert (level <= reserved - coming);
        if (fault == 0) assert (level == reserved - coming);
        // no beat with an error, and none after it, goes on
        if (was_bad) assert (level <= last_level);
        if (came && !rresp[1] && !faulty) assert (fifo_ready);
    end
`endif
endmodule

`default_nettype wire
