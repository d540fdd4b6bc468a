"""The pipeline simulation: small networks calculated by hand, then the paper's measurements."""

from dataclasses import replace

import pytest

from binarycop.bundle.manifest import Layer
from overlays.dimensioning.paper import TABLE_II
from overlays.dimensioning.pipeline import SlidingWindow, simulate
from overlays.finn.recipe import Flavour, fifo_depths
from overlays.networks.tables import CNV, N_CNV, NETWORKS, U_CNV, Network

PIXELS = 32 * 32 * 3


def chain(*layers: Layer) -> Network:
    return Network("chain", layers, "INT16")


def fc(inputs: int, outputs: int, pe: int, simd: int) -> Layer:
    return Layer("fc", inputs, outputs, False, pe, simd)


def test_one_layer_takes_exactly_its_cycles() -> None:
    # 1024 words of 3, four neurons one after the other: 4096 cycles.
    timing = simulate(chain(fc(PIXELS, 4, 1, 3)), [2], SlidingWindow.RTL)
    assert timing.interval == 4096
    assert timing.latency == 4096 + 1  # one cycle more: a word can be read one cycle after it was written


def test_two_fully_connected_layers_wait_for_each_other_unless_a_fifo_holds_the_vector() -> None:
    # The second reads 64 words while the first writes them, then works alone: there is no room for the next words.
    two = chain(fc(PIXELS, 64, 1, 3), fc(64, 1024, 1, 1))
    slowest = max(64 * 1024, 1024 * 64)
    assert simulate(two, [2, 2], SlidingWindow.RTL).interval > 1.9 * slowest
    assert simulate(two, [2, 64], SlidingWindow.RTL).interval == pytest.approx(slowest, rel=0.01)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=list(NETWORKS))
@pytest.mark.parametrize("window", SlidingWindow)
def test_with_deep_fifos_the_slowest_layer_determines_the_rate(network: Network, window: SlidingWindow) -> None:
    interval = simulate(network, fifo_depths(network, Flavour.DEEP), window).interval
    assert 1 <= interval / max(network.cycles) <= 1.012


@pytest.mark.parametrize("network", [N_CNV, U_CNV], ids=["n-cnv", "u-cnv"])
def test_the_simulation_gives_the_papers_rates_of_the_small_networks(network: Network) -> None:
    measured = TABLE_II[network.name].interval
    assert simulate(network, fifo_depths(network, Flavour.PAPER), SlidingWindow.HLS).interval == pytest.approx(
        measured, rel=0.05
    )
    assert network.cycles[0] + network.cycles[1] == pytest.approx(measured, rel=0.022)


def test_the_simulation_gives_the_papers_rate_of_cnv_with_bnn_pynqs_fifos() -> None:
    assert TABLE_II["cnv"].interval == 32798
    assert simulate(CNV, fifo_depths(CNV, Flavour.PAPER), SlidingWindow.HLS).interval == 32768
    assert simulate(CNV, [2] * 9, SlidingWindow.HLS).interval > 60000


def test_a_deeper_fifo_is_never_slower() -> None:
    depths = (1, 2, 4, 8, 16, 32, 64, 128)
    intervals = [simulate(N_CNV, [2, depth, *[2] * 7], SlidingWindow.HLS).interval for depth in depths]
    assert intervals == sorted(intervals, reverse=True)
    assert intervals[0] > 1.5 * intervals[-1]


def test_the_window_in_rtl_needs_no_deep_fifos() -> None:
    shallow = [2] * len(N_CNV.layers)
    assert simulate(N_CNV, shallow, SlidingWindow.RTL).interval < 1.01 * max(N_CNV.cycles)


def test_each_layer_needs_a_fifo_of_at_least_one_word() -> None:
    for fifos in ([2] * 8, [2] * 8 + [0]):
        with pytest.raises(ValueError, match="n-cnv needs 9 FIFOs of at least one word"):
            simulate(N_CNV, fifos, SlidingWindow.HLS)


def test_word_widths_that_do_not_divide_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="words of 2 and words of 3 cannot be converted into each other"):
        simulate(chain(fc(PIXELS, 6, 2, 3), fc(6, 4, 1, 3)), [2, 2], SlidingWindow.RTL)
    wide = replace(N_CNV.layers[0], simd=9)
    with pytest.raises(ValueError, match="a window of 3 channels cannot give 9 at a time"):
        simulate(replace(N_CNV, layers=(wide, *N_CNV.layers[1:])), [2] * 9, SlidingWindow.RTL)
