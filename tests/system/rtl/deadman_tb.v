`timescale 1ns / 1ps
`default_nettype none

// Testbench of the dead-man timer, through the module that is in the overlay. Each case prints a row: the stimulus and
// what the pin must do, in clocks. `bad` counts the rows that failed.
module deadman_tb;
    localparam TIMEOUT = 20;
    localparam MAX_ON = 50, SHORT_ON = 3;  // in timeouts
    localparam SEEN = 4;  // clocks from a toggle of the line until it counts: synchroniser (2), edge detector, timer

    reg clk = 0, running = 1, resetn = 1;
    reg [10:0] gpio_o = 0, gpio_t = 11'h7ff;
    reg passed = 0, ready = 0, fire = 0, override_key = 0, feedback = 0;
    wire [10:0] gpio_i;
    wire permission, short, unlimited;
    wire [3:0] lamps, leds;
    integer clocks = 0, bad = 0, rows = 0, dropped_after, i, k;

    gate_lines #(.TIMEOUT_CYCLES(TIMEOUT), .MAX_ON_TIMEOUTS(MAX_ON)) lines (
        .clk(clk), .resetn(resetn), .gpio_o(gpio_o), .gpio_t(gpio_t), .gpio_i(gpio_i), .permission(permission),
        .lamps(lamps), .leds(leds), .passed(passed), .ready(ready), .fire(fire), .override_key(override_key),
        .feedback(feedback)
    );
    // The same stimuli, with a short maximum on-time and with none.
    wire [1:0] driven = {gpio_o[5] & ~gpio_t[5], gpio_o[0] & ~gpio_t[0]};
    deadman #(.TIMEOUT_CYCLES(TIMEOUT), .MAX_ON_TIMEOUTS(SHORT_ON)) short_timer (
        .clk(clk), .resetn(resetn), .heartbeat(driven[1]), .permission(driven[0]), .permitted(short)
    );
    deadman #(.TIMEOUT_CYCLES(TIMEOUT), .MAX_ON_TIMEOUTS(0)) unlimited_timer (
        .clk(clk), .resetn(resetn), .heartbeat(driven[1]), .permission(driven[0]), .permitted(unlimited)
    );

    always #5 if (running) clk = ~clk;
    always @(posedge clk) clocks = clocks + 1;
    initial #1_000_000 begin
        $display("deadman: the testbench did not end in time");
        $fatal;
    end

    // Lines change between clock edges, as lines of another clock domain do.
    task pass(input integer many); begin repeat (many) @(posedge clk); #2; end endtask
    task give; gpio_o[0] = 1; endtask
    task take; gpio_o[0] = 0; endtask
    task beat; gpio_o[5] = ~gpio_o[5]; endtask
    task beats(input integer many, input integer apart); for (i = 0; i < many; i = i + 1) begin beat; pass(apart); end endtask
    task outputs; gpio_t = 11'h7c0; endtask
    task start;  // as at boot: reset, all lines low, then Linux makes six of them outputs
        begin
            running = 1; gpio_o = 0; gpio_t = 11'h7ff; resetn = 0; pass(3); resetn = 1; pass(6); outputs; pass(3);
        end
    endtask
    task armed; begin start; beats(3, 5); give; pass(1); end endtask  // 6 clocks after the last toggle

    task row(input [8*52-1:0] what, input [8*52-1:0] wanted, input good);
        begin
            rows = rows + 1;
            if (good !== 1) bad = bad + 1;
            $display("%s  %0s -> %0s", good === 1 ? "good" : "BAD ", what, wanted);
        end
    endtask
    task until_drop;  // clocks until the pin falls, at most 3 timeouts
        begin
            dropped_after = 0;
            while (permission && dropped_after < 3 * TIMEOUT) begin pass(1); dropped_after = dropped_after + 1; end
        end
    endtask
    reg held, all = 1;
    task stays(input level, input integer many);  // whether the pin keeps that level for so many clocks
        begin
            held = permission === level;
            for (i = 0; i < many; i = i + 1) begin pass(1); held = held && permission === level; end
        end
    endtask

    // Heartbeats in time until a pin falls; counts the clocks since the permission was given, at most 3 maxima.
    integer on_for;
    task beats_until_drop(input integer apart);
        begin
            on_for = 1;  // `armed` has waited for one clock
            while (permission && on_for < 3 * MAX_ON * TIMEOUT) begin
                if (on_for % apart == 0) beat;
                pass(1); on_for = on_for + 1;
            end
        end
    endtask
    task short_until_drop;
        begin
            on_for = 1;
            while (short && on_for < 3 * MAX_ON * TIMEOUT) begin
                if (on_for % 7 == 0) beat;
                pass(1); on_for = on_for + 1;
            end
        end
    endtask

    // Random stimuli. The pin may be high only if the last toggle is recent, and if, after the heartbeat was last late or
    // the timer was reset, there was a toggle and after it a clock with the permission bit clear. The pin with the short
    // maximum may be high only if the other one is, and if the bit was clear within that time; without any maximum the
    // pin is the same, as no random permission is that long.
    integer since, high, violations, seed, rate, on_clocks, short_high, expired;
    reg late, refreshed, last;
    task at_random(input integer many);
        begin
            seed = 7; since = 0; high = 0; violations = 0; late = 1; refreshed = 0; on_clocks = 0; short_high = 0; expired = 0;
            for (i = 0; i < many; i = i + 1) begin
                if (i % 50 == 0) rate = $random(seed);
                last = gpio_o[5];
                if ($random(seed) % (rate[0] ? 3 : 23) == 0) beat;
                if ($random(seed) % (rate[1] ? 7 : 41) == 0) gpio_o[0] = ~gpio_o[0];
                resetn = !(rate[5:2] == 0 && $random(seed) % 29 == 0);
                #1 if (permission) begin
                    high = high + 1;
                    if (late || !resetn || since >= TIMEOUT + SEEN) violations = violations + 1;
                end
                if (short) short_high = short_high + 1;
                if (permission && !short) expired = expired + 1;
                if (short && (!permission || on_clocks >= SHORT_ON * TIMEOUT + SEEN)) violations = violations + 1;
                if (unlimited !== permission) violations = violations + 1;
                pass(1);
                on_clocks = gpio_o[0] && resetn ? on_clocks + 1 : 0;
                since = gpio_o[5] != last && resetn ? 0 : since + 1;
                if (since >= TIMEOUT + SEEN || !resetn) begin late = 1; refreshed = 0; end
                if (resetn && gpio_o[5] != last) refreshed = 1;
                if (refreshed && !gpio_o[0]) late = 0;
            end
            resetn = 1;
        end
    endtask

    initial begin
        // After power-up: no reset and no clock yet.
        #1 row("power-up, before any clock", "pins low", permission === 0 && lamps === 0 && gpio_i[0] === 0);
        outputs; give; #1 stays(0, 3 * TIMEOUT);
        row("power-up, permission given, without any reset", "pin low", held);
        start; give; stays(0, 3 * TIMEOUT);
        row("permission given, without any heartbeat", "pin low", held);

        armed; row("heartbeat, then permission", "pin high", permission === 1);
        take; #1 row("permission cleared", "pin low at once, without a clock", permission === 0);
        give; #1 row("and given again, heartbeat fresh", "pin high", permission === 1);

        armed; beat;
        repeat (40) begin stays(1, TIMEOUT - 1); all = all && held; beat; end
        row("a toggle every 19 clocks, timeout 20, 40 times", "pin stays high", all);
        repeat (40) begin stays(1, 1); all = all && held; beat; end
        row("a toggle at every clock", "pin stays high", all);
        stays(1, TIMEOUT + SEEN - 1); pass(1);
        row("and then none", "pin low 24 clocks after the last toggle", held && permission === 0);
        armed; beat; pass(TIMEOUT + SEEN - 1); held = permission === 1; beat; pass(1);
        row("one toggle too late: at clock 23", "pin high until then, low after", held && permission === 0);
        pass(SEEN + 2); stays(0, 10);
        row("the heartbeat is back, permission still given", "pin stays low", held);
        beats(6, 5); row("and continues", "pin stays low", permission === 0);
        take; pass(4); give; #1 row("permission cleared, then given again", "pin high", permission === 1);

        armed; beat; until_drop;
        row("heartbeat stops", "pin low 24 clocks after the last toggle", dropped_after == TIMEOUT + SEEN);
        armed; gpio_o[5] = 1; until_drop; stays(0, 3 * TIMEOUT);
        row("heartbeat stuck high", "pin low within 24 clocks, and stays", dropped_after <= TIMEOUT + SEEN && held);
        armed; gpio_o[5] = 0; until_drop; stays(0, 3 * TIMEOUT);
        row("heartbeat stuck low", "pin low within 24 clocks, and stays", dropped_after <= TIMEOUT + SEEN && held);
        take; pass(3 * TIMEOUT); give; stays(0, TIMEOUT);
        row("stuck, permission cleared and given again", "pin low: a toggle is needed", held);
        armed; beat; pass(3); take; pass(TIMEOUT + SEEN); give; stays(0, 10);
        row("given after the heartbeat has timed out", "pin low", held);

        armed; resetn = 0; #1 row("reset while given", "pin low at once, without a clock", permission === 0);
        pass(2); resetn = 1; stays(0, 3 * TIMEOUT);
        row("reset over, permission still given", "pin stays low", held);
        gpio_o[5] = 0; beats(5, 5); row("and the heartbeat continues", "pin stays low", permission === 0);
        start; gpio_o[5] = 1; resetn = 0; pass(2); resetn = 1; pass(5); give; stays(0, 3 * TIMEOUT);
        row("heartbeat high at reset, then permission", "pin low: a level is not a toggle", held);
        start; beat; resetn = 0; pass(1); beat; pass(2); beat; resetn = 1; pass(4); give; stays(0, TIMEOUT);
        row("toggles during reset", "pin low", held);

        armed; running = 0; #(10 * 5 * TIMEOUT);
        row("clock stops while given", "pin HIGH: the timer stands still", permission === 1);
        take; #1 row("clock stopped, permission cleared", "pin low", permission === 0);
        give; #1 row("clock stopped, given again", "pin HIGH", permission === 1);
        resetn = 0; #1 row("clock stopped, reset", "pin low", permission === 0);
        resetn = 1; #1 row("clock stopped, reset over", "pin low", permission === 0);
        running = 1; stays(0, 3 * TIMEOUT); row("the clock runs again", "pin low", held);
        armed; running = 0; #(10 * 5 * TIMEOUT); running = 1; until_drop;
        row("clock stops and runs again, no heartbeat", "pin low after the rest of its time",
            dropped_after > 0 && dropped_after <= TIMEOUT);

        start; at_random(50_000);
        row("50,000 clocks with random stimuli", "high often, and never without a cause", high > 5000 && violations == 0);
        row("the same, maximum 60 clocks", "high and expired often, never for longer",
            short_high > 5000 && expired > 100 && violations == 0);

        // The maximum on-time: 50 timeouts of 20 clocks, with heartbeats.
        armed; beats_until_drop(7);
        row("permission given for ever, heartbeats in time", "pin low 1003 clocks after it was given", on_for == MAX_ON * TIMEOUT + 3);
        beats(30, 7); row("and the heartbeats continue", "pin stays low", permission === 0);
        take; #1 row("then cleared", "pin low", permission === 0);
        pass(4); give; #1 row("and given again", "pin high", permission === 1);
        pass(1); beats_until_drop(7);
        row("and given for ever again", "pin low after the whole time", on_for == MAX_ON * TIMEOUT + 3);
        armed; beats_until_drop(1);
        row("the same with a toggle at every clock", "pin low after the same time", on_for == MAX_ON * TIMEOUT + 3);
        armed; held = 1;
        for (k = 0; k < 10; k = k + 1) begin
            beats(70, 14); held = held && permission === 1; take; pass(4); give; #1 held = held && permission === 1; pass(1);
        end
        row("cleared for 4 clocks after 980, ten times", "pin high: the time begins again", held);
        armed; beats(51, 19); #3 take; #1 give; pass(40); beats(2, 19);
        row("cleared for less than a clock after 970", "pin low: that is no new permission", permission === 0);
        armed; beats(51, 19); take; pass(1); give; beats(5, 19);
        row("cleared for one clock after 970", "pin high: the time begins again", permission === 1);
        armed; beats(51, 19); resetn = 0; pass(2); resetn = 1; beats(5, 14); take; pass(4); give; beats(60, 14);
        row("reset after 970, then given again", "pin high: the time begins again", permission === 1);
        armed; beats(316, 19);
        row("no maximum (0), 6000 clocks", "that pin stays high, the other is low", unlimited === 1 && permission === 0);
        pass(TIMEOUT + SEEN); row("and then no heartbeat", "low", unlimited === 0);
        armed; short_until_drop;
        row("maximum of 3 timeouts", "that pin low after 63 clocks", on_for == SHORT_ON * TIMEOUT + 3 && permission === 1);
        armed; beats(26, 19); running = 0; #(10 * 5 * MAX_ON * TIMEOUT); held = permission === 1; running = 1;
        beats(31, 19); row("clock stops for long, then runs again", "pin HIGH, then low after the rest", held && permission === 0);

        armed; gpio_t[0] = 1; #1 row("Linux makes the line an input again", "pin low", permission === 0);
        armed; gpio_t[5] = 1; until_drop; row("Linux makes the heartbeat an input again", "pin low in time", !permission);

        start; held = 1;
        for (i = 0; i < 16; i = i + 1) begin
            gpio_o[4:1] = i[3:0]; #1 held = held && lamps === i[3:0] && leds === i[3:0] && gpio_i[4:1] === i[3:0];
        end
        row("lamps, all 16 patterns", "pins, LEDs and read-back are equal", held);
        gpio_t = 11'h7ff; #1 row("lamps before Linux makes them outputs", "pins low", lamps === 0 && leds === 0);
        held = 1;
        for (i = 0; i < 32; i = i + 1) begin
            {feedback, override_key, fire, ready, passed} = i[4:0]; pass(2); held = held && gpio_i[10:6] === i[4:0];
        end
        row("inputs, all 32 patterns", "at EMIO after 2 clocks", held);
        armed; held = gpio_i[0] === 1; until_drop; row("read-back of the permission", "what is on the pin", held && gpio_i[0] === 0);

        $display("deadman: %0d of %0d rows good, timeout %0d clocks", rows - bad, rows, TIMEOUT);
        if (bad != 0) $fatal;
        $finish;
    end
endmodule

`default_nettype wire
