"""The choice of folding: rate and latency bound are met, and a lower rate never costs more."""

import pytest

from overlays.dimensioning.table import layer_names
from overlays.networks.tables import CNV, N_CNV, NETWORKS, U_CNV, Network
from overlays.rtl.plan import Plan, plan
from overlays.rtl.stage import Weights
from tests.random_bundles import TINY

TINY_NETWORK = Network("tiny", TINY, "INT8")
ONE_PIXEL_A_CLOCK = 1024


def plan_of(network: Network, clocks: int, latency: int | None = None, *, in_dsp: bool = False) -> Plan:
    return plan(network.layers, layer_names(network), clocks, latency, in_dsp=in_dsp)


@pytest.mark.parametrize("network", [N_CNV, U_CNV, TINY_NETWORK], ids=lambda network: network.name)
def test_small_networks_take_a_pixel_at_each_clock(network: Network) -> None:
    assert plan_of(network, ONE_PIXEL_A_CLOCK).schedule.clocks_per_image == ONE_PIXEL_A_CLOCK


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS.keys())
@pytest.mark.parametrize("clocks", [8333, 20_000])
def test_no_stage_and_no_image_takes_more_clocks_than_wanted(network: Network, clocks: int) -> None:
    chosen = plan_of(network, clocks)
    assert max(stage.clocks for stage in chosen.stages) <= clocks
    assert chosen.schedule.clocks_per_image == max(stage.clocks for stage in chosen.stages)


def test_a_lower_rate_is_cheaper() -> None:
    estimates = [plan_of(CNV, clocks).luts for clocks in (4200, 8333, 33_000)]
    assert estimates == sorted(estimates, reverse=True)


def test_a_wanted_latency_is_kept_and_costs_something() -> None:
    slow, fast = plan_of(N_CNV, ONE_PIXEL_A_CLOCK), plan_of(N_CNV, ONE_PIXEL_A_CLOCK, 2500)
    assert slow.schedule.latency > 2500 >= fast.schedule.latency
    assert fast.luts > slow.luts


def test_the_highest_latency_that_cannot_be_kept_is_named() -> None:
    with pytest.raises(ValueError, match=r"the lowest latency is \d+ clocks, more than the wanted 1100"):
        plan_of(N_CNV, ONE_PIXEL_A_CLOCK, 1100)


def test_a_rate_above_a_pixel_a_clock_is_refused() -> None:
    with pytest.raises(ValueError, match="conv1_1 cannot take an image in 1000 clocks"):
        plan_of(N_CNV, 1000)


def test_the_first_layer_is_taken_in_bit_planes_where_there_is_time() -> None:
    assert plan_of(CNV, 8333).stages[0].weights is Weights.BITPLANES
    assert plan_of(N_CNV, ONE_PIXEL_A_CLOCK).stages[0].weights is Weights.PIXELS


def test_layers_with_many_windows_have_constant_weights_and_the_deep_ones_a_rom() -> None:
    kinds = [stage.weights for stage in plan_of(N_CNV, ONE_PIXEL_A_CLOCK).stages[1:]]
    assert kinds == [Weights.CONSTANT] * 3 + [Weights.ROM] * 5


def test_xnors_go_into_dsps_only_if_wanted() -> None:
    assert sum(stage.dsps for stage in plan_of(N_CNV, ONE_PIXEL_A_CLOCK).stages) == 0
    in_dsp = plan_of(N_CNV, ONE_PIXEL_A_CLOCK, in_dsp=True)
    assert all(stage.dsps == stage.pes * -(-stage.lanes // 48) for stage in in_dsp.stages if stage.in_rom)
    assert sum(stage.dsps for stage in in_dsp.stages) > 0
