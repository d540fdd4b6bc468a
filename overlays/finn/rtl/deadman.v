`timescale 1ns / 1ps
`default_nettype none

// The dead-man timer: the output follows the permission only while the heartbeat toggles in time, and only for a limited
// time.
//
// timeout    After TIMEOUT_CYCLES cycles without a toggle (in either direction) the output is low.
// maximum    After MAX_ON_TIMEOUTS times TIMEOUT_CYCLES cycles with the permission high, the output is low, whatever the
//            heartbeat does: a loop that lives does not prove that it ever ends a permission. 0: no maximum. The time
//            counts from when the permission was last low.
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
    parameter TIMEOUT_CYCLES = 50_000_000,
    parameter MAX_ON_TIMEOUTS = 250
) (
    input  wire clk,
    input  wire resetn,
    input  wire heartbeat,
    input  wire permission,
    output wire permitted
);
    localparam WIDTH = $clog2(TIMEOUT_CYCLES + 1);
    localparam [WIDTH-1:0] TIMEOUT = TIMEOUT_CYCLES;
    localparam ON_WIDTH = MAX_ON_TIMEOUTS == 0 ? 1 : $clog2(MAX_ON_TIMEOUTS + 1);
    localparam [ON_WIDTH-1:0] MAX_ON = MAX_ON_TIMEOUTS;
    localparam HAS_MAXIMUM = MAX_ON_TIMEOUTS != 0;

    (* ASYNC_REG = "TRUE" *) reg [1:0] heartbeat_seen = 0;
    (* ASYNC_REG = "TRUE" *) reg [1:0] permission_seen = 0;
    reg heartbeat_before = 0;
    reg [2:0] settled = 0;  // shifts in a 1 in each cycle after a reset; bit 2: the synchronisers show the lines
    reg [WIDTH-1:0] left = 0;
    reg [ON_WIDTH-1:0] on_left = MAX_ON;  // timeouts, of which the current one has `part` more cycles
    reg [WIDTH-1:0] part = TIMEOUT;
    reg armed = 0;

    wire toggled = settled[2] && heartbeat_seen[1] != heartbeat_before;
    wire fresh = left != 0;
    wire expired = HAS_MAXIMUM && on_left == 0;

    always @(posedge clk or negedge resetn)
        if (!resetn) begin
            heartbeat_seen <= 0;
            permission_seen <= 0;
            heartbeat_before <= 0;
            settled <= 0;
            left <= 0;
            on_left <= MAX_ON;
            part <= TIMEOUT;
            armed <= 0;
        end else begin
            heartbeat_seen <= {heartbeat_seen[0], heartbeat};
            permission_seen <= {permission_seen[0], permission};
            heartbeat_before <= heartbeat_seen[1];
            settled <= {settled[1:0], 1'b1};
            if (toggled) left <= TIMEOUT;
            else if (fresh) left <= left - 1'b1;
            if (!permission_seen[1]) begin
                on_left <= MAX_ON;
                part <= TIMEOUT;
            end else if (part != 1) part <= part - 1'b1;
            else begin
                on_left <= on_left - 1'b1;
                part <= TIMEOUT;
            end
            if (!fresh || expired) armed <= 0;
            else if (!permission_seen[1]) armed <= 1;
        end

    assign permitted = armed && permission;
endmodule

`default_nettype wire
