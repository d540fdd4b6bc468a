// The states that the shell's control can be in, as cover properties, like those of the core.

// How a transfer is cut into bursts, and the address window.
module burst_splitter_states #(
    parameter int BEATS_BITS = 48,
    parameter int PAGE_BITS  = 10
) (
    input wire                  clk,
    input wire                  rst_n,
    input wire [1:0]            state,
    input wire                  start,
    input wire [BEATS_BITS-1:0] beats,
    input wire [BEATS_BITS-1:0] left,
    input wire [PAGE_BITS-1:0]  to_page,
    input wire                  aligned,
    input wire                  inside_window,
    input wire                  stop,
    input wire                  burst_ready,
    input wire [4:0]            burst_beats
);
    localparam logic [1:0] IDLE = 0, MEASURE = 1, CHECK = 2, OFFER = 3;
    logic was_running;
    always_ff @(posedge clk) was_running <= rst_n;
    wire is_last = left == BEATS_BITS'(burst_beats);

    idle: cover property (@(posedge clk) rst_n && state == IDLE);
    idle_to_measure: cover property (@(posedge clk) rst_n && state == IDLE && start && beats != 0 && !stop);
    idle_as_there_are_no_beats: cover property (@(posedge clk) rst_n && state == IDLE && start && beats == 0);
    measure_a_burst_of_16_beats: cover property (
        @(posedge clk) rst_n && state == MEASURE && to_page >= 16 && left >= BEATS_BITS'(16));
    measure_a_burst_up_to_a_page: cover property (
        @(posedge clk) rst_n && state == MEASURE && to_page < 16 && left > BEATS_BITS'(to_page));
    measure_a_burst_of_what_is_left: cover property (
        @(posedge clk) rst_n && state == MEASURE && left < BEATS_BITS'(16) && left <= BEATS_BITS'(to_page));
    check_to_offer: cover property (@(posedge clk) rst_n && state == CHECK && !stop && inside_window);
    check_to_idle_outside_of_the_window: cover property (
        @(posedge clk) rst_n && state == CHECK && !stop && !inside_window && aligned);
    check_to_idle_not_at_a_beat: cover property (@(posedge clk) rst_n && state == CHECK && !stop && !aligned);
    check_to_idle_after_a_fault: cover property (@(posedge clk) rst_n && state == CHECK && stop);
    offer_waits: cover property (@(posedge clk) rst_n && state == OFFER && !burst_ready);
    offer_to_measure: cover property (@(posedge clk) rst_n && state == OFFER && burst_ready && !is_last);
    offer_to_idle: cover property (@(posedge clk) rst_n && state == OFFER && burst_ready && is_last);
    reset_in_the_middle_of_a_transfer: cover property (@(posedge clk) !rst_n && was_running && state != IDLE);
endmodule

bind burst_splitter burst_splitter_states #(.BEATS_BITS(BEATS_BITS), .PAGE_BITS(PAGE_BITS)) states (
    .clk, .rst_n, .state, .start, .beats, .left, .to_page, .aligned, .inside_window, .stop, .burst_ready, .burst_beats
);

// The DMA that reads.
module read_dma_states (
    input wire                          clk,
    input wire                          rst_n,
    input wire                          running,
    input wire                          start,
    input wire                          ends,
    input wire                          burst_valid,
    input wire                          has_room,
    input wire                          waiting,
    input wire                          arvalid,
    input wire                          arready,
    input wire                          rvalid,
    input wire                          is_coming,
    input wire                          faulty,
    input wire                          out_valid,
    input wire                          out_ready,
    input wire                          splitter_idle,
    input wire [fault_causes::BITS-1:0] fault
);
    logic was_running;
    always_ff @(posedge clk) was_running <= rst_n && running;

    idle: cover property (@(posedge clk) rst_n && !running && !start && !faulty);
    transfer_starts: cover property (@(posedge clk) rst_n && start);
    burst_waits_for_the_memory: cover property (@(posedge clk) rst_n && arvalid && !arready);
    burst_waits_for_room_in_the_fifo: cover property (@(posedge clk) rst_n && burst_valid && !has_room);
    burst_that_waits_for_the_memory_stays_after_a_fault: cover property (@(posedge clk) rst_n && waiting && faulty);
    burst_that_waits_for_room_never_begins_after_a_fault: cover property (
        @(posedge clk) rst_n && burst_valid && has_room && !waiting && faulty);
    burst_is_asked_for: cover property (@(posedge clk) rst_n && arvalid && arready);
    burst_is_asked_for_while_another_comes: cover property (@(posedge clk) rst_n && arvalid && arready && is_coming);
    beat_comes: cover property (@(posedge clk) rst_n && rvalid && is_coming && !faulty);
    beat_is_dropped_after_a_fault: cover property (@(posedge clk) rst_n && rvalid && is_coming && faulty);
    core_lets_a_beat_wait: cover property (@(posedge clk) rst_n && out_valid && !out_ready);
    all_is_asked_for_and_not_yet_here: cover property (@(posedge clk) rst_n && running && splitter_idle && is_coming);
    transfer_ends: cover property (@(posedge clk) rst_n && ends);
    fault_by_the_address: cover property (@(posedge clk) rst_n && fault[fault_causes::ADDRESS]);
    fault_by_slverr: cover property (@(posedge clk) rst_n && fault[fault_causes::SLAVE]);
    fault_by_decerr: cover property (@(posedge clk) rst_n && fault[fault_causes::DECODE]);
    fault_of_the_other_dma: cover property (@(posedge clk) rst_n && fault[fault_causes::PEER]);
    fault_by_data_that_nobody_asked_for: cover property (@(posedge clk) rst_n && fault[fault_causes::UNEXPECTED]);
    reset_in_the_middle_of_a_transfer: cover property (@(posedge clk) !rst_n && was_running);
endmodule

bind read_dma read_dma_states states (
    .clk, .rst_n, .running, .start, .ends, .burst_valid, .has_room, .waiting, .arvalid, .arready, .rvalid,
    .is_coming(coming != 0), .faulty, .out_valid, .out_ready, .splitter_idle, .fault
);

// The DMA that writes.
module write_dma_states #(
    parameter int LEVEL_BITS = 5
) (
    input wire                          clk,
    input wire                          rst_n,
    input wire                          running,
    input wire                          start,
    input wire                          ends,
    input wire                          burst_valid,
    input wire [4:0]                    burst_beats,
    input wire [LEVEL_BITS-1:0]         level,
    input wire                          begins,
    input wire                          address_left,
    input wire                          data_left,
    input wire                          is_partial,
    input wire                          responding,
    input wire                          awready,
    input wire                          wready,
    input wire                          bvalid,
    input wire                          faulty,
    input wire [fault_causes::BITS-1:0] fault
);
    logic was_running;
    always_ff @(posedge clk) was_running <= rst_n && running;

    idle: cover property (@(posedge clk) rst_n && !running && !start && !faulty);
    transfer_starts: cover property (@(posedge clk) rst_n && start);
    burst_waits_for_its_beats: cover property (
        @(posedge clk) rst_n && burst_valid && !responding && !faulty && level < LEVEL_BITS'(burst_beats));
    burst_begins: cover property (@(posedge clk) rst_n && begins);
    address_and_data_are_offered: cover property (@(posedge clk) rst_n && address_left && data_left);
    address_is_taken_before_the_data: cover property (@(posedge clk) rst_n && !address_left && data_left);
    data_are_taken_before_the_address: cover property (@(posedge clk) rst_n && responding && address_left && !data_left);
    address_waits: cover property (@(posedge clk) rst_n && address_left && !awready);
    beat_waits: cover property (@(posedge clk) rst_n && data_left && !wready);
    beat_is_written_in_part: cover property (@(posedge clk) rst_n && data_left && wready && is_partial);
    waits_for_the_response: cover property (
        @(posedge clk) rst_n && responding && !address_left && !data_left && !bvalid);
    response_comes: cover property (@(posedge clk) rst_n && responding && !address_left && !data_left && bvalid);
    transfer_ends: cover property (@(posedge clk) rst_n && ends);
    fault_while_a_burst_is_on_its_way: cover property (@(posedge clk) rst_n && responding && faulty);
    fault_by_the_address: cover property (@(posedge clk) rst_n && fault[fault_causes::ADDRESS]);
    fault_by_slverr: cover property (@(posedge clk) rst_n && fault[fault_causes::SLAVE]);
    fault_by_decerr: cover property (@(posedge clk) rst_n && fault[fault_causes::DECODE]);
    fault_of_the_other_dma: cover property (@(posedge clk) rst_n && fault[fault_causes::PEER]);
    fault_by_a_response_that_nobody_waits_for: cover property (@(posedge clk) rst_n && fault[fault_causes::UNEXPECTED]);
    reset_in_the_middle_of_a_transfer: cover property (@(posedge clk) !rst_n && was_running);
endmodule

bind write_dma write_dma_states #(.LEVEL_BITS(LEVEL_BITS)) states (
    .clk, .rst_n, .running, .start, .ends, .burst_valid, .burst_beats, .level, .begins, .address_left,
    .data_left(beats_left != 0), .is_partial(wstrb != '1), .responding, .awready, .wready, .bvalid, .faulty, .fault
);

// How scores become beats, where images are no whole number of beats.
module beat_packer_states #(
    parameter int COUNT_BITS = 4
) (
    input wire                  clk,
    input wire                  rst_n,
    input wire                  start,
    input wire                  in_valid,
    input wire                  takes_piece,
    input wire                  is_last_piece,
    input wire                  wanted,
    input wire                  fills,
    input wire                  out_valid,
    input wire                  out_ready,
    input wire [COUNT_BITS-1:0] count,
    input wire [COUNT_BITS-1:0] pieces  // of a beat
);
    logic was_running;
    always_ff @(posedge clk) was_running <= rst_n;
    wire ends_beat = count == pieces - 1'b1;

    no_transfer_wants_a_word: cover property (@(posedge clk) rst_n && !wanted && !start && !fills);
    word_waits_for_a_transfer: cover property (@(posedge clk) rst_n && !wanted && in_valid);
    transfer_wants_a_word_that_is_not_there: cover property (@(posedge clk) rst_n && wanted && !in_valid);
    piece_goes_into_an_empty_beat: cover property (@(posedge clk) rst_n && takes_piece && count == 0);
    piece_fills_a_beat: cover property (@(posedge clk) rst_n && takes_piece && ends_beat);
    word_ends_with_its_beat: cover property (@(posedge clk) rst_n && takes_piece && is_last_piece && ends_beat);
    word_ends_within_a_beat: cover property (@(posedge clk) rst_n && takes_piece && is_last_piece && !ends_beat);
    word_goes_on_in_the_next_beat: cover property (@(posedge clk) rst_n && takes_piece && !is_last_piece && ends_beat);
    last_beat_is_filled_up: cover property (@(posedge clk) rst_n && fills);
    beat_is_taken: cover property (@(posedge clk) rst_n && out_valid && out_ready);
    beat_is_taken_as_a_word_waits: cover property (@(posedge clk) rst_n && out_valid && out_ready && in_valid);
    beat_waits: cover property (@(posedge clk) rst_n && out_valid && !out_ready);
    reset_within_a_beat: cover property (@(posedge clk) !rst_n && was_running && count != 0);
endmodule

bind beat_packer beat_packer_states #(.COUNT_BITS(COUNT_BITS)) states (
    .clk, .rst_n, .start, .in_valid, .takes_piece, .is_last_piece, .wanted, .fills, .out_valid, .out_ready,
    .count, .pieces(COUNT_BITS'(BEAT_PIECES))
);

// Registers, and the lock of the address window.
module control_registers_states (
    input wire        clk,
    input wire        rst_n,
    input wire        writes,
    input wire        reads,
    input wire [9:0]  write_word,
    input wire [9:0]  read_word,
    input wire        starting_bit,
    input wire        starts,
    input wire        running,
    input wire        done,
    input wire        locked,
    input wire        faulty,
    input wire        finished,
    input wire        bvalid,
    input wire        bready,
    input wire        rvalid,
    input wire        rready
);
    localparam logic [9:0] CONTROL = 10'h00, FIRST_LOW = 10'h12, END_HIGH = 10'h15, LOCK = 10'h16;
    wire to_window = writes && write_word >= FIRST_LOW && write_word <= END_HIGH;

    start: cover property (@(posedge clk) rst_n && starts);
    start_refused_while_it_runs: cover property (
        @(posedge clk) rst_n && writes && write_word == CONTROL && starting_bit && running);
    start_refused_with_a_fault: cover property (
        @(posedge clk) rst_n && writes && write_word == CONTROL && starting_bit && faulty && !running);
    read_while_it_runs: cover property (@(posedge clk) rst_n && reads && read_word == CONTROL && running);
    read_clears_done: cover property (@(posedge clk) rst_n && reads && read_word == CONTROL && done);
    read_as_it_ends: cover property (@(posedge clk) rst_n && reads && read_word == CONTROL && finished);
    fault_is_read: cover property (@(posedge clk) rst_n && reads && read_word == CONTROL && faulty);
    window_changed: cover property (@(posedge clk) rst_n && to_window && !locked && !running);
    window_change_refused_while_it_runs: cover property (@(posedge clk) rst_n && to_window && !locked && running);
    window_change_refused_as_it_is_locked: cover property (@(posedge clk) rst_n && to_window && locked);
    window_locked: cover property (@(posedge clk) rst_n && writes && write_word == LOCK && !locked);
    write_answer_waits: cover property (@(posedge clk) rst_n && bvalid && !bready);
    read_answer_waits: cover property (@(posedge clk) rst_n && rvalid && !rready);
endmodule

bind control_registers control_registers_states states (
    .clk, .rst_n, .writes, .reads, .write_word(awaddr[11:2]), .read_word(araddr[11:2]),
    .starting_bit(wstrb[0] && wdata[0]), .starts, .running, .done, .locked, .faulty, .finished, .bvalid, .bready,
    .rvalid, .rready
);

// The FIFOs of the DMAs.
module beat_fifo_states #(
    parameter int LEVEL_BITS = 7,
    parameter int DEPTH = 64
) (
    input wire                  clk,
    input wire                  rst_n,
    input wire                  put,
    input wire                  take,
    input wire                  in_valid,
    input wire [LEVEL_BITS-1:0] level
);
    logic was_running;
    always_ff @(posedge clk) was_running <= rst_n;

    empty: cover property (@(posedge clk) rst_n && level == 0);
    holds_beats: cover property (@(posedge clk) rst_n && level != 0);
    full: cover property (@(posedge clk) rst_n && level == LEVEL_BITS'(DEPTH));
    full_and_a_beat_waits: cover property (@(posedge clk) rst_n && level == LEVEL_BITS'(DEPTH) && in_valid);
    beat_comes_and_another_leaves: cover property (@(posedge clk) rst_n && put && take);
    last_beat_leaves: cover property (@(posedge clk) rst_n && take && !put && level == 1);
    reset_with_beats_in_it: cover property (@(posedge clk) !rst_n && was_running && level != 0);
endmodule

bind beat_fifo beat_fifo_states #(.LEVEL_BITS(LEVEL_BITS), .DEPTH(DEPTH)) states (
    .clk, .rst_n, .put, .take, .in_valid, .level
);
