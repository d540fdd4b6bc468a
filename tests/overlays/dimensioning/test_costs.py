"""The cost of one MVTU, checked against calculations by hand and against FINN's cost model."""

import pytest

from binarycop.bundle.manifest import Layer
from overlays.dimensioning.costs import (
    BRAM18_BITS,
    Weights,
    dsps_for_xnors,
    mvtu_cost,
    network_costs,
    with_folding,
)
from overlays.networks.tables import CNV, N_CNV, NETWORKS, U_CNV, Network


def fc(inputs: int, outputs: int, pe: int, simd: int) -> Layer:
    return Layer("fc", inputs, outputs, False, pe, simd)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=list(NETWORKS))
def test_costs_agree_with_the_tables_of_the_networks(network: Network) -> None:
    costs = network_costs(network)
    assert tuple(cost.cycles for cost in costs) == network.cycles
    assert sum(cost.weight_bits for cost in costs) == network.weight_bits


def test_a_multiply_accumulate_counts_as_two_operations() -> None:
    millions = {
        name: sum(cost.operations for cost in network_costs(network)) / 2e6 for name, network in NETWORKS.items()
    }
    assert millions == pytest.approx({"cnv": 59.46, "n-cnv": 4.01, "u-cnv": 4.02}, abs=0.005)


def test_each_pe_has_its_own_memory_and_more_pes_use_less_of_it() -> None:
    narrow, wide = mvtu_cost(fc(512, 512, 1, 8), 1), mvtu_cost(fc(512, 512, 64, 8), 1)
    assert (narrow.memory_depth, narrow.memory_width, narrow.bram18) == (32768, 8, 16)  # 16 of 2048 × 9
    assert (wide.memory_depth, wide.bram18) == (512, 64)  # one block each, with 8 of 36 bits in use
    assert narrow.filled == pytest.approx(8 / 9)
    assert wide.filled == pytest.approx(512 * 8 / BRAM18_BITS)


def test_a_shallow_memory_is_in_luts_unless_it_is_loadable() -> None:
    shallow = fc(64, 64, 8, 8)  # 64 words
    assert (mvtu_cost(shallow, 1).bram18, mvtu_cost(shallow, 1).filled) == (0, None)
    assert mvtu_cost(shallow, 1, Weights.LOADABLE).bram18 == 8
    assert mvtu_cost(fc(130, 64, 8, 10), 1).bram18 == 8  # 104 words


def test_a_second_port_halves_the_width() -> None:
    wide = fc(3200, 16, 1, 32)  # 1600 words of 32
    assert mvtu_cost(wide, 1).bram18 == 4  # 4 of 512 × 36
    assert mvtu_cost(fc(2304 * 8, 32, 1, 32), 1, Weights.BAKED).bram18 == 36
    assert mvtu_cost(fc(576, 64, 2, 32), 1, Weights.BAKED).bram18 == 4  # 576 words: 2 blocks a PE
    assert mvtu_cost(fc(512, 32, 1, 32), 1, Weights.BAKED).bram18 == 1  # 512 × 36
    assert mvtu_cost(fc(512, 32, 1, 32), 1, Weights.LOADABLE).bram18 == 2  # 1024 × 18, twice


def test_the_costs_are_close_to_those_of_finns_model() -> None:
    # FINN, branch dev, April 2026, estimate_layer_resources.json of our builds. FINN assumes narrower accumulators,
    # leaves thresholds out, and joins the memories of the PEs.
    luts = {"n-cnv": [3088, 2351, 2351, 4314, 1175, 520, 331, 359, 313], "u-cnv": [997, 812, 748, 1175, 518, 414, 313]}
    bram18 = {"n-cnv": [0, 0, 0, 0, 4, 4, 1, 1, 1], "u-cnv": [0, 0, 2, 4, 2, 5, 1]}
    for name, theirs in luts.items():
        costs = network_costs(NETWORKS[name])
        assert all(their <= cost.luts <= 1.17 * their for cost, their in zip(costs, theirs))
        assert all(abs(cost.bram18 - their) <= 2 for cost, their in zip(costs, bram18[name]))


def test_the_xnors_of_u_cnv_agree_with_a_calculation_by_hand() -> None:
    assert [cost.xnors for cost in network_costs(U_CNV)] == [0, 64, 64, 128, 32, 16, 1]
    assert dsps_for_xnors(U_CNV, shared=False) == (0, 4, 4, 4, 1, 1, 1)
    assert dsps_for_xnors(U_CNV, shared=True) == (0, 2, 2, 3, 1, 1, 1)
    assert dsps_for_xnors(with_folding(CNV, ((1, 3), *(((1, 64),) * 5), (1, 1), (1, 1), (1, 1))), shared=False)[1] == 2


def test_a_folding_that_does_not_divide_is_refused() -> None:
    good = tuple((layer.pe, layer.simd) for layer in N_CNV.layers)
    assert with_folding(N_CNV, good) == N_CNV
    with pytest.raises(ValueError, match="PE 5, SIMD 3 do not divide a layer of 16 outputs of 27"):
        with_folding(N_CNV, ((5, 3), *good[1:]))
    with pytest.raises(ValueError, match="has 9 layers, but the folding has 8"):
        with_folding(N_CNV, good[1:])
