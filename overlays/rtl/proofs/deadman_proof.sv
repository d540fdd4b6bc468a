`default_nettype none

// What the dead-man timer promises, whatever the heartbeat and the permission do, with a short timeout.
module deadman_proof (
    input wire clk,
    input wire resetn,
    input wire heartbeat,
    input wire permission
);
    localparam int TIMEOUT = 4, MAX_ON = 3;
    localparam int SEEN = 3;  // cycles from a line to the timer: two of its synchroniser, one of its comparison

    wire permitted;
    deadman #(
        .TIMEOUT_CYCLES(TIMEOUT),
        .MAX_ON_TIMEOUTS(MAX_ON)
    ) dut (
        .clk, .resetn, .heartbeat, .permission, .permitted
    );

    logic begun = 0, last_heartbeat = 0, last_permission = 0, was_permitted = 0;
    logic [5:0] still = 0;    // cycles since the heartbeat changed
    logic [5:0] on = 0;       // cycles since the permission was low
    logic [5:0] alive = 0;    // cycles since a reset
    wire [5:0] still_now = heartbeat != last_heartbeat ? 6'd0 : still;
    always @(posedge clk) begin
        begun <= 1;
        last_heartbeat <= heartbeat;
        last_permission <= permission;
        was_permitted <= resetn && permitted;
        still <= still_now == '1 ? still_now : still_now + 6'd1;
        on <= !permission ? 6'd0 : on == '1 ? on : on + 6'd1;
        alive <= !resetn ? 6'd0 : alive == '1 ? alive : alive + 6'd1;
    end
    always @* if (!begun) assume (!resetn);

    always @(posedge clk) if (begun) begin
        if (permitted) begin
            assert (permission);
            assert (resetn);
            assert (still_now <= TIMEOUT + SEEN);
            assert (on <= MAX_ON * TIMEOUT + SEEN);
            assert (alive > SEEN);  // a level at the reset is no heartbeat
        end
        // It begins with a permission that was low: a heartbeat alone never restores one.
        if (resetn && permitted && !was_permitted) assert (!last_permission || on <= SEEN);
    end
endmodule

`default_nettype wire
