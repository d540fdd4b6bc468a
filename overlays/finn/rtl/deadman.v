`timescale 1ns / 1ps
`default_nettype none

// The dead-man timer: the output follows the permission only while the heartbeat toggles in time.
//
// timeout    After TIMEOUT_CYCLES cycles without a toggle (in either direction) the output is low.
// re-arming  Only while the permission is low and the heartbeat is fresh. So a heartbeat that returns does not restore
//            an old permission: software must first set the permission low and then high again.
// reset      Disarms at once, with or without a clock. A heartbeat that is high at reset is a level, not a toggle.
// no clock   Without a clock the timer stands still and cannot end a permission. Two ways need no clock: software sets
//            the permission low, or a reset occurs.
//
// heartbeat and permission are registers of another clock domain, so each has a synchroniser. The permission also goes
// directly to the output gate, so setting it low takes effect without this clock. Only one input of that gate changes
// at a time.
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
    reg [2:0] settled = 0;  // shifts in a 1 in each cycle after a reset; bit 2: the synchronisers show the lines
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
