"""The schedule: times of single stages calculated by hand, and the FIFO depths that follow from them."""

from binarycop.bundle.manifest import Layer
from overlays.rtl.schedule import schedule
from overlays.rtl.stage import Stage, Weights

FIRST = Stage("conv1_1", Layer("conv", 3, 16, False, 1, 1), 32, Weights.PIXELS)
POOLED = Stage("conv1_1", Layer("conv", 3, 16, True, 1, 1), 32, Weights.PIXELS)
LAST = Stage("fc1", Layer("fc", 3600, 4, False, 1, 1), 15, Weights.ROM, fold=4, passes=4, gives_scores=True)


def test_a_stage_without_folding_takes_a_pixel_a_clock() -> None:
    assert FIRST.clocks == 1024


def test_a_folded_stage_takes_no_pixel_while_a_window_waits() -> None:
    folded = Stage("conv2_1", Layer("conv", 16, 32, False, 1, 1), 14, Weights.CONSTANT, fold=4)
    assert folded.clocks == 14 * 14 + 12 * 12 * 3


def test_the_latency_is_that_of_the_last_window_and_the_stages_behind_it() -> None:
    # The last pixel at clock 1023, its window a clock later, the pool's word at the FIFO after the stage's latency. One
    # clock in the FIFO, one to its output, one in the width converter; 16 steps; then the last score.
    at_the_fifo = 1023 + 1 + POOLED.latency
    last_step = at_the_fifo + 2 + 1 + 16
    assert schedule([POOLED, LAST]).latency == last_step + LAST.latency + 2 + 1


def test_a_place_is_kept_for_each_word_on_its_way() -> None:
    places = schedule([FIRST, Stage("fc1", Layer("fc", 14400, 4, False, 1, 1), 30, Weights.ROM, 4, 1, True)]).places
    # A word leaves its place one clock after its arrival; with one word a clock so many places are reserved at a time.
    assert places[0] == FIRST.latency + 2


def test_the_pool_gives_back_the_places_of_the_words_that_it_swallows() -> None:
    swallowed = schedule([POOLED, LAST]).places[0]
    assert POOLED.latency <= swallowed <= POOLED.latency + 3


def test_the_times_repeat_themselves_from_image_to_image() -> None:
    assert schedule([POOLED, LAST], images=3).clocks_per_image == schedule([POOLED, LAST], images=7).clocks_per_image
