`default_nettype none

// The rules that an AXI3 master must keep on its write channels (AMBA AXI, IHI 0022), and ours: all bursts are in the
// address window, and none begins after a fault.
// Our master has one burst on its way at a time, which makes the order of data and responses simple.
module axi_write_rules #(
    parameter int BEAT_BYTES = 8
) (
    input  wire                     clk,
    input  wire                     rst_n,
    input  wire  [63:0]             window_first,
    input  wire  [63:0]             window_end,
    input  wire  [63:0]             awaddr,
    input  wire  [3:0]              awlen,
    input  wire                     awvalid,
    input  wire                     awready,
    input  wire  [8*BEAT_BYTES-1:0] wdata,
    input  wire  [BEAT_BYTES-1:0]   wstrb,
    input  wire                     wlast,
    input  wire                     wvalid,
    input  wire                     wready,
    input  wire                     bvalid,
    input  wire                     bready,
    input  wire                     faulty,  // a fault is kept
    // of the burst that is on its way
    output logic                    address_taken,
    output logic                    all_sent,
    output logic [4:0]              sent,  // its beats
    output logic [3:0]              last_awlen
);
    logic was_running = 0, was_faulty = 0, address_was_waiting = 0, data_were_waiting = 0;
    logic [63:0] last_awaddr;
    logic [8*BEAT_BYTES-1:0] last_wdata;
    logic [BEAT_BYTES-1:0] last_wstrb;
    logic last_wlast;

    wire [64:0] burst_bytes = (65'(awlen) + 65'd1) * 65'(BEAT_BYTES);
    wire [3:0] length = awvalid ? awlen : last_awlen;

    always_ff @(posedge clk) begin
        was_running <= rst_n;
        was_faulty <= rst_n && faulty;
        address_was_waiting <= rst_n && awvalid && !awready;
        data_were_waiting <= rst_n && wvalid && !wready;
        last_awaddr <= awaddr;
        last_awlen <= length;
        last_wdata <= wdata;
        last_wstrb <= wstrb;
        last_wlast <= wlast;
        if (!rst_n || (bvalid && bready)) begin
            address_taken <= 0;
            all_sent <= 0;
            sent <= 0;
        end else begin
            if (awvalid && awready) address_taken <= 1;
            if (wvalid && wready) begin
                sent <= sent + 1'b1;
                all_sent <= wlast;
            end
        end
    end

    always @(posedge clk) if (rst_n) begin
        // A3.1.2: low in the first cycle after a reset
        if (!was_running) assert (!awvalid && !wvalid);
        // A3.2.1: once valid, it stays valid and the same until it is taken
        if (address_was_waiting) assert (awvalid && awaddr == last_awaddr && awlen == last_awlen);
        if (data_were_waiting)
            assert (wvalid && wdata == last_wdata && wstrb == last_wstrb && wlast == last_wlast);
        // with a fault no burst begins, and one that waits stays; the address is registered, so it comes a clock later
        if (was_faulty && awvalid) assert (address_was_waiting);
        if (awvalid) begin
            // A3.4.1: no burst crosses a 4 KiB boundary
            assert (13'(awaddr[11:0]) + burst_bytes[12:0] <= 13'd4096);
            assert (awaddr % 64'(BEAT_BYTES) == 0);
            assert (awaddr >= window_first && {1'b0, awaddr} + burst_bytes <= {1'b0, window_end});
            assert (!address_taken);
        end
        if (wvalid) begin
            // data belong to a burst whose address is offered or taken; the last beat, and only that, has WLAST
            assert (awvalid || address_taken);
            assert (!all_sent);
            assert (wlast == (sent == 5'(length)));
            // only a burst's last beat may be written in part: some of its bytes from the first one on
            assert (wlast || wstrb == '1);
            assert (wstrb[0] && (wstrb & (wstrb + 1'b1)) == 0);
        end
        // one response for each burst, after its address and its last beat
        if (bready) assert (address_taken && all_sent);
    end
endmodule

`default_nettype wire
