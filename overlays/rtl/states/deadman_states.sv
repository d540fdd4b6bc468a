// The states of the dead-man timer, as cover properties, like those of the core.
module deadman_states (
    input wire clk,
    input wire resetn,
    input wire permission,
    input wire permission_seen,
    input wire toggled,
    input wire fresh,
    input wire expired,
    input wire armed,
    input wire settled
);
    logic was_armed = 0, was_fresh = 0;
    always_ff @(posedge clk) begin
        was_armed <= resetn && armed;
        was_fresh <= resetn && fresh;
    end

    not_settled_after_a_reset: cover property (@(posedge clk) resetn && !settled);
    disarmed_without_a_heartbeat: cover property (@(posedge clk) resetn && settled && !armed && !fresh);
    disarmed_with_a_heartbeat_and_an_old_permission: cover property (
        @(posedge clk) resetn && !armed && fresh && permission_seen);
    armed_and_not_permitted: cover property (@(posedge clk) resetn && armed && !permission);
    armed_and_permitted: cover property (@(posedge clk) resetn && armed && permission);
    heartbeat_renews_the_time: cover property (@(posedge clk) resetn && toggled && fresh);
    heartbeat_returns_after_the_timeout: cover property (@(posedge clk) resetn && toggled && !fresh);
    arms: cover property (@(posedge clk) resetn && armed && !was_armed);
    permission_is_given: cover property (@(posedge clk) resetn && armed && permission && !permission_seen);
    permission_is_taken_at_once: cover property (@(posedge clk) resetn && armed && !permission && permission_seen);
    disarms_at_the_timeout: cover property (@(posedge clk) resetn && armed && !fresh && !expired);
    disarms_at_the_maximum: cover property (@(posedge clk) resetn && armed && expired && fresh);
    timeout_without_a_permission: cover property (@(posedge clk) resetn && was_fresh && !fresh && !permission_seen);
    stays_disarmed_after_the_maximum: cover property (@(posedge clk) resetn && expired && !armed && permission_seen);
    reset_while_permitted: cover property (@(posedge clk) !resetn && was_armed && permission);
endmodule

bind deadman deadman_states states (
    .clk, .resetn, .permission, .permission_seen(permission_seen[1]), .toggled, .fresh, .expired, .armed,
    .settled(settled[2])
);
