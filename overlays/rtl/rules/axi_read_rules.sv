`default_nettype none

// The rules that an AXI3 master must keep on its read channels (AMBA AXI, IHI 0022), and ours: all bursts are in the
// address window, and none begins after a fault.
module axi_read_rules #(
    parameter int BEAT_BYTES = 8,
    parameter int MOST_BEATS = 64  // that the master may have asked for and not taken
) (
    input  wire         clk,
    input  wire         rst_n,
    input  wire  [63:0] window_first,
    input  wire  [63:0] window_end,
    input  wire  [63:0] araddr,
    input  wire  [3:0]  arlen,
    input  wire         arvalid,
    input  wire         arready,
    input  wire         rvalid,
    input  wire         rready,
    input  wire         faulty,  // a fault is kept
    output logic [9:0]  coming  // beats that were asked for and have not come
);
    logic was_running = 0, was_waiting = 0;
    logic [63:0] last_araddr;
    logic [3:0] last_arlen;

    wire [64:0] burst_bytes = (65'(arlen) + 65'd1) * 65'(BEAT_BYTES);

    always_ff @(posedge clk) begin
        was_running <= rst_n;
        was_waiting <= rst_n && arvalid && !arready;
        last_araddr <= araddr;
        last_arlen <= arlen;
        if (!rst_n) coming <= 0;
        else coming <= coming + (arvalid && arready ? 10'(arlen) + 10'd1 : 10'd0) - 10'(rvalid && rready && coming != 0);
    end

    always @(posedge clk) if (rst_n) begin
        // A3.1.2: low in the first cycle after a reset
        if (!was_running) assert (!arvalid);
        // A3.2.1: once valid, it stays valid and the same until it is taken
        if (was_waiting) assert (arvalid && araddr == last_araddr && arlen == last_arlen);
        if (arvalid) begin
            // A3.4.1: no burst crosses a 4 KiB boundary
            assert (13'(araddr[11:0]) + burst_bytes[12:0] <= 13'd4096);
            assert (araddr % 64'(BEAT_BYTES) == 0);
            assert (araddr >= window_first && {1'b0, araddr} + burst_bytes <= {1'b0, window_end});
        end
        // with a fault no burst begins, and one that waits stays
        if (faulty && arvalid) assert (was_waiting);
        // data are always taken at once, and no more is asked for than fits
        assert (rready);
        assert (coming <= 10'(MOST_BEATS));
    end
endmodule

`default_nettype wire
