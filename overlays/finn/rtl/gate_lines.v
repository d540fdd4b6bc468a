`timescale 1ns / 1ps
`default_nettype none

// Connects the processor's EMIO GPIO with the pins. The order of the bits is that of overlays/finn/lines.py.
//
// A pin is low until Linux has configured its line as an output: before that, EMIO drives gpio_t = 1 (high-Z).
module gate_lines #(
    parameter TIMEOUT_CYCLES = 50_000_000,
    parameter MAX_ON_TIMEOUTS = 250
) (
    (* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 clk CLK", X_INTERFACE_PARAMETER = "ASSOCIATED_RESET resetn" *)
    input  wire        clk,
    (* X_INTERFACE_INFO = "xilinx.com:signal:reset:1.0 resetn RST", X_INTERFACE_PARAMETER = "POLARITY ACTIVE_LOW" *)
    input  wire        resetn,
    input  wire [10:0] gpio_o,
    input  wire [10:0] gpio_t,
    output wire [10:0] gpio_i,
    output wire        permission,
    output wire [3:0]  lamps,
    output wire [3:0]  leds,
    input  wire        passed,
    input  wire        ready,
    input  wire        fire,
    input  wire        override_key,
    input  wire        feedback
);
    wire [5:0] driven = gpio_o[5:0] & ~gpio_t[5:0];

    (* ASYNC_REG = "TRUE" *) reg [4:0] first = 0, second = 0;
    always @(posedge clk) begin
        first <= {feedback, override_key, fire, ready, passed};
        second <= first;
    end

    deadman #(.TIMEOUT_CYCLES(TIMEOUT_CYCLES), .MAX_ON_TIMEOUTS(MAX_ON_TIMEOUTS)) timer (
        .clk(clk),
        .resetn(resetn),
        .heartbeat(driven[5]),
        .permission(driven[0]),
        .permitted(permission)
    );

    assign lamps = driven[4:1];
    assign leds = lamps;
    // EMIO reads back the pins, so software can see if the timer blocks a permission.
    assign gpio_i = {second, driven[5], lamps, permission};

    wire unused = &{1'b0, gpio_o[10:6], gpio_t[10:6]};
endmodule

`default_nettype wire
