"""FINN's input: Table I's folding under the names of FINN's nodes, FIFO depths, configuration."""

from itertools import product
from pathlib import Path

import pytest

from overlays.finn.errors import BuildMismatch
from overlays.finn.recipe import (
    ARTY_Z7_10,
    BUILD_STEPS,
    ESTIMATE_STEPS,
    Flavour,
    Recipe,
    fifo_depths,
    layers_in_dsps,
)
from overlays.finn.steps import (
    FIRST_TYPES,
    OTHER_TYPES,
    MvtuNode,
    MvtuTypes,
    check_fifos,
    check_mvtus,
    check_other_nodes,
    check_types,
)
from overlays.networks.tables import CNV, N_CNV, NETWORKS, U_CNV, Network

RECIPES = [Recipe(network, flavour) for network, flavour in product(NETWORKS.values(), Flavour)]


@pytest.fixture(params=RECIPES, ids=[recipe.name for recipe in RECIPES])
def recipe(request: pytest.FixtureRequest) -> Recipe:
    assert isinstance(request.param, Recipe)
    return request.param


def expected_mvtus(network: Network) -> list[MvtuNode]:
    return [
        MvtuNode(layer.fan_in, layer.outputs, layer.pe, layer.simd, cycles)
        for layer, cycles in zip(network.layers, network.cycles)
    ]


def test_each_mvtu_has_its_folding_from_table_i(recipe: Recipe) -> None:
    folding = recipe.folding()
    mvtus = [folding[f"MVAU_hls_{index}"] for index in range(len(recipe.network.layers))]
    assert [(mvtu["PE"], mvtu["SIMD"]) for mvtu in mvtus] == [(layer.pe, layer.simd) for layer in recipe.network.layers]


def test_shallow_weight_memories_are_in_luts_as_the_papers_block_ram_shows() -> None:
    folding = Recipe(N_CNV, Flavour.DEEP).folding()
    styles = [folding[f"MVAU_hls_{index}"]["ram_style"] for index in range(9)]
    assert styles == ["distributed"] * 4 + ["block"] * 5


def test_windows_and_pools_are_numbered_in_the_order_of_the_graph() -> None:
    folding = Recipe(N_CNV, Flavour.PAPER).folding()
    windows = [folding[f"ConvolutionInputGenerator_rtl_{index}"]["SIMD"] for index in range(8)]
    assert windows == [3, 16, 16, 16, 32, 32, 32, 32]  # the third and the sixth belong to pools
    assert [folding[f"Pool_hls_{index}"]["PE"] for index in range(2)] == [16, 32]
    assert len(folding) == 1 + 9 + 8 + 2


def test_deep_fifos_are_in_front_of_windows_and_fully_connected_layers() -> None:
    folding = Recipe(CNV, Flavour.DEEP).folding()
    deep = {name for name, node in folding.items() if node.get("inFIFODepths") == [64]}
    windows = {f"ConvolutionInputGenerator_rtl_{index}" for index in (0, 1, 3, 4, 6, 7)}  # 2 and 5 belong to pools
    assert deep == windows | {"MVAU_hls_6", "MVAU_hls_7", "MVAU_hls_8"}
    assert fifo_depths(CNV, Flavour.DEEP) == (64,) * 9


def test_the_papers_small_networks_have_fifos_of_two_words() -> None:
    assert fifo_depths(N_CNV, Flavour.PAPER) == (2,) * 9
    assert fifo_depths(U_CNV, Flavour.PAPER) == (2,) * 7
    assert min(fifo_depths(CNV, Flavour.PAPER)[:4]) >= 128


def test_an_estimate_requests_no_output_that_needs_vivado(recipe: Recipe) -> None:
    estimate = recipe.config(Path("/out"), Path("/in/folding.json"), estimate=True)
    whole = recipe.config(Path("/out"), Path("/in/folding.json"), estimate=False)
    assert estimate["generate_outputs"] == ["estimate_reports"]
    assert set(whole["generate_outputs"]) >= {"bitfile", "pynq_driver", "deployment_package"}
    assert (whole["board"], whole["fpga_part"]) == ("Pynq-Z1", "xc7z020clg400-1")
    assert whole["synth_clk_period_ns"] == 10
    assert whole["auto_fifo_depths"] is False
    assert not [name for name in BUILD_STEPS if "topk" in name.lower()]
    assert not set(ESTIMATE_STEPS) & {"step_hw_ipgen", "step_set_fifo_depths", "step_synthesize_with_gate"}


def test_the_small_chip_takes_the_small_network_only() -> None:
    assert (
        Recipe(U_CNV, Flavour.DEEP, ARTY_Z7_10)
        .config(Path("o"), Path("f"), estimate=True)["fpga_part"]
        .startswith("xc7z010")
    )
    with pytest.raises(ValueError, match="n-cnv does not fit the XC7Z010"):
        Recipe(N_CNV, Flavour.DEEP, ARTY_Z7_10)


def test_xnors_go_into_dsps_as_long_as_there_are_any_but_never_those_of_the_first_layer() -> None:
    assert layers_in_dsps(U_CNV, 0) == frozenset()
    assert layers_in_dsps(U_CNV, 53) == {4, 5, 6}  # 32 + 16 + 1
    assert layers_in_dsps(U_CNV, 10**6) == {1, 2, 3, 4, 5, 6}
    folding = Recipe(U_CNV, Flavour.DEEP, ARTY_Z7_10).folding()
    assert [folding[f"MVAU_hls_{index}"]["resType"] for index in range(7)] == ["lut"] * 4 + ["dsp"] * 3


def test_a_folding_that_finn_ignored_is_detected(recipe: Recipe) -> None:
    found = expected_mvtus(recipe.network)
    check_mvtus(recipe, found)
    found[1] = MvtuNode(found[1].fan_in, found[1].outputs, 1, 1, 10**6)
    with pytest.raises(BuildMismatch, match="MVTU 1 is"):
        check_mvtus(recipe, found)
    with pytest.raises(BuildMismatch, match="number of MVTUs is"):
        check_mvtus(recipe, found[:-1])


def test_weights_that_finn_made_wider_are_detected(recipe: Recipe) -> None:
    found = [FIRST_TYPES, *[OTHER_TYPES] * (len(recipe.network.layers) - 1)]
    check_types(recipe, found)
    with pytest.raises(BuildMismatch, match=r"types of MVTU 0 is .*'INT2'.*but should be .*'BIPOLAR'"):
        check_types(recipe, [MvtuTypes("UINT8", "INT2", False), *found[1:]])
    with pytest.raises(BuildMismatch, match="types of MVTU 2 is"):
        check_types(recipe, [*found[:2], FIRST_TYPES, *found[3:]])
    with pytest.raises(BuildMismatch, match="number of MVTUs is"):
        check_types(recipe, found[:-1])


def test_a_window_or_pool_without_folding_is_detected(recipe: Recipe) -> None:
    slowest = max(recipe.network.cycles)
    check_other_nodes(recipe, {"ConvolutionInputGenerator_rtl_0": slowest + slowest // 120, "Pool_hls_0": 784})
    with pytest.raises(BuildMismatch, match="clocks per image of Pool_hls_0 is"):
        check_other_nodes(recipe, {"MVAU_hls_0": slowest, "Pool_hls_0": 2 * slowest})


def test_a_fifo_of_another_depth_is_detected(recipe: Recipe) -> None:
    depths = list(fifo_depths(recipe.network, recipe.flavour))
    check_fifos(recipe, depths)
    depths[1] += 1
    with pytest.raises(BuildMismatch, match="depth of the FIFOs"):
        check_fifos(recipe, depths)
