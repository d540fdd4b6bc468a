`timescale 1ns / 1ps
`default_nettype none

// The dead-man timer: the permission comes through only while a heartbeat toggles in time.
//
// timeout    TIMEOUT_CYCLES clocks without a toggle, either way, and the permission is gone.
// re-arming  Only while the permission is seen low and the heartbeat is fresh. So a heartbeat that comes back cannot
//            bring an old permission back with it: software must take the permission away and give it anew.
// reset      Disarms at once, with or without a clock. A heartbeat that is high at reset is a level, not a toggle.
// no clock   Time stands still, and so does the timer: it cannot drop a permission then. What still works is what
//            needs no clock: software takes the permission away, or a reset does.
//
// heartbeat, permission: registers of another clock. Each has a synchroniser here; permission also goes straight to
// the output, so that taking it away does not wait for this clock. That last gate changes by one input at a time.
module deadman #(
    parameter TIMEOUT_CYCLES = 50_000_000
) (
    input  wire clk,
    input  wire resetn,
    input  wire heartbeat,
    input  wire permission,
    output wire permitted
);
    localparam WIDTH = $clog2(TIMEOUT_CYCLES + 1);
    localparam [WIDTH-1:0] TIMEOUT = TIMEOUT_CYCLES;

    (* ASYNC_REG = "TRUE" *) reg [1:0] heartbeat_seen = 0;
    (* ASYNC_REG = "TRUE" *) reg [1:0] permission_seen = 0;
    reg heartbeat_before = 0;
    reg [2:0] settled = 0;  // one 1 per clock since reset, until the synchronisers tell of the lines, not of the reset
    reg [WIDTH-1:0] left = 0;
    reg armed = 0;

    wire toggled = settled[2] && heartbeat_seen[1] != heartbeat_before;
    wire fresh = left != 0;

    always @(posedge clk or negedge resetn)
        if (!resetn) begin
            heartbeat_seen <= 0;
            permission_seen <= 0;
            heartbeat_before <= 0;
            settled <= 0;
            left <= 0;
            armed <= 0;
        end else begin
            heartbeat_seen <= {heartbeat_seen[0], heartbeat};
            permission_seen <= {permission_seen[0], permission};
            heartbeat_before <= heartbeat_seen[1];
            settled <= {settled[1:0], 1'b1};
            if (toggled) left <= TIMEOUT;
            else if (fresh) left <= left - 1'b1;
            if (!fresh) armed <= 0;
            else if (!permission_seen[1]) armed <= 1;
        end

    assign permitted = armed && permission;
endmodule

`default_nettype wire
