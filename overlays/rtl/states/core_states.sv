// The states that the core's control can be in, as cover properties. tests/system/rtl/coverage.py counts how often the
// benches visit each of them. They are bound to every instance, and are in no circuit.

// FIFO and credits.
module credit_fifo_states (
    input logic clk,
    input logic rst_n,
    input logic credit,
    input logic reserve,
    input logic swallowed,
    input logic empty,
    input logic in_valid,
    input logic pop,
    input logic out_valid,
    input logic out_ready
);
  logic had_credit;
  always_ff @(posedge clk) had_credit <= rst_n && credit;

  nothing_in_it: cover property (@(posedge clk) rst_n && empty && !out_valid);
  only_the_output_register_is_full: cover property (@(posedge clk) rst_n && empty && out_valid);
  words_wait: cover property (@(posedge clk) rst_n && !empty);
  word_offered_and_not_taken: cover property (@(posedge clk) rst_n && out_valid && !out_ready);
  word_taken_and_the_next_one_follows: cover property (@(posedge clk) rst_n && out_valid && out_ready && pop);
  last_word_taken: cover property (@(posedge clk) rst_n && out_valid && out_ready && empty);
  word_comes_and_another_leaves: cover property (@(posedge clk) rst_n && in_valid && pop);
  credit_reserved: cover property (@(posedge clk) rst_n && reserve);
  credit_comes_back_with_a_word: cover property (@(posedge clk) rst_n && pop);
  credit_comes_back_from_the_pool: cover property (@(posedge clk) rst_n && swallowed);
  credit_reserved_as_one_comes_back: cover property (@(posedge clk) rst_n && reserve && (pop || swallowed));
  two_credits_come_back_at_once: cover property (@(posedge clk) rst_n && pop && swallowed);
  last_credit_reserved: cover property (@(posedge clk) rst_n && !credit && had_credit);
  no_credit_left: cover property (@(posedge clk) rst_n && !credit);
  credit_again: cover property (@(posedge clk) rst_n && credit && !had_credit);
  reset_with_words_in_it: cover property (@(posedge clk) !rst_n && had_credit && !empty);
endmodule

bind credit_fifo credit_fifo_states states (
    .clk, .rst_n, .credit, .reserve, .swallowed, .empty, .in_valid, .pop, .out_valid, .out_ready
);

// Sliding window.
module sliding_window_states #(
    parameter int INDEX_BITS = 4,
    parameter logic [INDEX_BITS-1:0] LAST = '1
) (
    input logic                  clk,
    input logic                  rst_n,
    input logic                  in_valid,
    input logic                  in_ready,
    input logic                  out_valid,
    input logic                  out_ready,
    input logic [INDEX_BITS-1:0] row,
    input logic [INDEX_BITS-1:0] column
);
  logic take, has_begun, was_running;
  assign take = in_valid && in_ready;
  assign has_begun = row != '0 || column != '0;
  always_ff @(posedge clk) was_running <= rst_n;

  first_two_rows: cover property (@(posedge clk) rst_n && take && row < INDEX_BITS'(2));
  first_two_columns: cover property (@(posedge clk) rst_n && take && row >= INDEX_BITS'(2) && column < INDEX_BITS'(2));
  pixel_completes_a_window: cover property (
      @(posedge clk) rst_n && take && row >= INDEX_BITS'(2) && column >= INDEX_BITS'(2));
  window_waits_and_stops_the_pixels: cover property (@(posedge clk) rst_n && out_valid && !out_ready && in_valid);
  window_waits_without_a_pixel: cover property (@(posedge clk) rst_n && out_valid && !out_ready && !in_valid);
  window_taken_with_the_next_pixel: cover property (@(posedge clk) rst_n && out_valid && out_ready && in_valid);
  window_taken_without_a_next_pixel: cover property (@(posedge clk) rst_n && out_valid && out_ready && !in_valid);
  waits_for_a_pixel: cover property (@(posedge clk) rst_n && !out_valid && !in_valid && has_begun);
  row_ends: cover property (@(posedge clk) rst_n && take && column == LAST && row != LAST);
  image_ends: cover property (@(posedge clk) rst_n && take && column == LAST && row == LAST);
  last_window_waits_as_the_next_image_comes: cover property (
      @(posedge clk) rst_n && out_valid && !out_ready && in_valid && !has_begun);
  reset_in_the_middle_of_an_image: cover property (@(posedge clk) !rst_n && was_running && has_begun);
endmodule

bind sliding_window sliding_window_states #(.INDEX_BITS(INDEX_BITS), .LAST(LAST)) states (
    .clk, .rst_n, .in_valid, .in_ready, .out_valid, .out_ready, .row, .column
);

// Pool.
module or_pool_states #(
    parameter int INDEX_BITS = 4,
    parameter logic [INDEX_BITS-1:0] LAST = '1
) (
    input logic                  clk,
    input logic                  rst_n,
    input logic                  in_valid,
    input logic [INDEX_BITS-1:0] row,
    input logic [INDEX_BITS-1:0] column
);
  logic was_running;
  always_ff @(posedge clk) was_running <= rst_n;

  upper_row: cover property (@(posedge clk) rst_n && in_valid && !row[0]);
  left_of_a_pair: cover property (@(posedge clk) rst_n && in_valid && row[0] && !column[0]);
  gives_a_pixel: cover property (@(posedge clk) rst_n && in_valid && row[0] && column[0]);
  column_left_out: cover property (@(posedge clk) rst_n && in_valid && column == LAST && !LAST[0]);
  row_left_out: cover property (@(posedge clk) rst_n && in_valid && row == LAST && !LAST[0]);
  image_ends: cover property (@(posedge clk) rst_n && in_valid && row == LAST && column == LAST);
  reset_in_the_middle_of_an_image: cover property (
      @(posedge clk) !rst_n && was_running && (row != '0 || column != '0));
endmodule

bind or_pool or_pool_states #(.INDEX_BITS(INDEX_BITS), .LAST(LAST)) states (.clk, .rst_n, .in_valid, .row, .column);

// Steps of the matrix units that take more than one for a vector.
module steps_states (
    input logic clk,
    input logic rst_n,
    input logic in_valid,
    input logic credit,
    input logic step,
    input logic is_first,
    input logic needs_place,
    input logic is_last
);
  logic was_running;
  always_ff @(posedge clk) was_running <= rst_n;

  no_vector: cover property (@(posedge clk) rst_n && !in_valid);
  first_step: cover property (@(posedge clk) rst_n && step && is_first);
  step_that_needs_no_place: cover property (@(posedge clk) rst_n && step && !needs_place);
  goes_on_without_a_credit: cover property (@(posedge clk) rst_n && step && !needs_place && !credit);
  last_step: cover property (@(posedge clk) rst_n && step && is_last);
  waits_for_a_credit: cover property (@(posedge clk) rst_n && in_valid && needs_place && !credit);
  reset_between_two_steps: cover property (@(posedge clk) !rst_n && was_running && !is_first);
endmodule

bind constant_matrix steps_states states (
    .clk, .rst_n, .in_valid, .credit, .step, .is_first(fold == '0), .needs_place(is_last), .is_last
);
bind rom_matrix steps_states states (
    .clk, .rst_n, .in_valid, .credit, .step, .is_first(address == '0), .needs_place, .is_last
);
