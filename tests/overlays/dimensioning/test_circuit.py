"""The costs of our own circuit, fitted to synthesised stages, and the search for circuits within a budget."""

import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from binarycop.bundle.manifest import Layer
from overlays.dimensioning import circuit
from overlays.dimensioning.circuit_search import circuit_front
from overlays.dimensioning.table import layer_names
from overlays.networks.tables import CNV, N_CNV, U_CNV, Network
from overlays.rtl import report, schedule
from overlays.rtl.plan import all_options, choose
from overlays.rtl.stage import LUTS_PER_RAMB18, Stage

PIXEL_A_CLOCK = 1024
MODEL = circuit.fit()
SMALL = Network(
    "small",
    (Layer("conv", 3, 8, True, 8, 3), Layer("conv", 8, 8, True, 8, 8), Layer("fc", 288, 4, False, 1, 1)),
    "INT16",
)


def test_the_fit_is_off_by_some_percent_only() -> None:
    errors = circuit.residuals(circuit.fit())
    assert len(errors) >= 20
    assert float(np.sqrt((errors**2).mean())) < 0.06
    assert abs(errors).max() < 0.12


def test_a_stage_that_the_fit_has_not_seen_is_off_by_some_percent_only() -> None:
    errors = circuit.left_out()
    assert float(np.sqrt((errors**2).mean())) < 0.07
    assert abs(errors).max() < 0.15


@pytest.mark.parametrize("network", [CNV, N_CNV, U_CNV], ids=["cnv", "n-cnv", "u-cnv"])
def test_the_whole_cores_which_the_fit_has_not_seen_are_off_by_two_percent_at_most(network: Network) -> None:
    measured = json.loads(Path(report.FIGURES).read_text(encoding="utf-8"))[network.name]
    clocks = int(measured["cycles_per_image"])
    stages = choose(network.layers, layer_names(network), clocks, int(2.4 * clocks))  # as the generator does
    assert circuit.fit().core_luts(stages) == pytest.approx(measured["luts"], rel=0.02)
    assert sum(stage.ramb18 for stage in stages) == 2 * measured["bram36"]


def test_the_shell_is_what_a_whole_accelerator_has_more_than_its_core() -> None:
    figures = json.loads(Path(report.FIGURES).read_text(encoding="utf-8"))
    for network in (CNV, N_CNV, U_CNV):
        measured = figures[network.name]
        if measured.get("luts_with_shell"):
            # yosys optimises core and shell together, so with CNV's many weights the difference varies by 100.
            tolerance = 0.005 * measured["luts_with_shell"] if network is CNV else 50
            more = measured["luts_with_shell"] - measured["luts"]
            assert circuit.shell_luts(network) == pytest.approx(more, abs=tolerance)


def test_images_that_begin_within_beats_need_a_larger_shell() -> None:
    shells = [circuit.shell_luts(network) for network in (CNV, N_CNV, U_CNV)]
    assert shells == [circuit.SHELL_LUTS + circuit.PACKING_LUTS, circuit.SHELL_LUTS, circuit.SHELL_LUTS]


def test_too_few_stages_are_refused() -> None:
    with pytest.raises(ValueError, match="3 measured stages are too few for 4 factors"):
        circuit.fit(circuit.measured_stages()[:3])


def test_memory_is_counted_as_yosys_maps_it() -> None:
    stage = next(each for each in circuit.measured_stages() if each.name == "conv2_2, rom, 32 × 6")
    # 2 rows of 32 bits in 11 RAM32M, 32 bits of the pool in 6, 32 bits of the FIFO in 6.
    assert circuit.memory_luts(stage.stage, stage.fifo) == 4 * (11 + 6 + 6)


@pytest.mark.parametrize("luts", [53_200, 14_000, 9_000])
def test_the_search_stays_within_the_luts(luts: int) -> None:
    front = circuit_front(U_CNV, luts, 120)
    assert front
    assert all(found.luts <= luts and found.ramb18 <= 120 for found in front)
    rates = [found.rate_hz for found in front]
    assert rates == sorted(rates, reverse=True)
    assert [found.luts for found in front] == sorted((found.luts for found in front), reverse=True)


def test_a_pixel_a_clock_fits_the_targets_and_a_smaller_budget_is_slower() -> None:
    assert circuit_front(U_CNV, 14_000, 120)[0].clocks == PIXEL_A_CLOCK
    assert circuit_front(U_CNV, 9_000, 120)[0].clocks > PIXEL_A_CLOCK


def test_a_budget_that_is_too_small_gives_no_circuit() -> None:
    assert circuit_front(U_CNV, 1_500, 120) == []
    assert all(found.ramb18 == 0 for found in circuit_front(U_CNV, 53_200, 0))


def test_a_bound_on_the_latency_is_kept_and_costs_luts() -> None:
    free = circuit_front(SMALL, 53_200, 280)[0]
    most = free.latency_clocks - 100
    bound = circuit_front(SMALL, 53_200, 280, most)[0]
    assert bound.clocks == free.clocks
    assert bound.latency_clocks <= most
    assert bound.luts > free.luts


def test_no_circuit_has_its_scores_long_before_the_image_is_there() -> None:
    assert circuit_front(SMALL, 53_200, 280, PIXEL_A_CLOCK * 9 // 10) == []


def test_the_search_with_a_bound_finds_what_trying_everything_finds() -> None:
    most = 1_500
    found = circuit_front(SMALL, 53_200, 280, most)[0]
    everything = [
        stages
        for stages in product(*all_options(SMALL.layers, layer_names(SMALL)))
        if max(stage.clocks for stage in stages) <= found.clocks and schedule.latency(stages) <= most
    ]
    assert cost(found.stages) == pytest.approx(min(map(cost, everything)), rel=0.02)


def cost(stages: Sequence[Stage]) -> int:
    return MODEL.core_luts(stages) + LUTS_PER_RAMB18 * sum(stage.ramb18 for stage in stages)
