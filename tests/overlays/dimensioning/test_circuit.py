"""The costs of our own circuit, fitted to synthesised stages, and the search for circuits within a budget."""

import json
from pathlib import Path

import numpy as np
import pytest

from overlays.dimensioning import circuit
from overlays.dimensioning.circuit_search import circuit_front
from overlays.dimensioning.table import layer_names
from overlays.networks.tables import N_CNV, U_CNV
from overlays.rtl import report
from overlays.rtl.plan import choose

PIXEL_A_CLOCK, LATENCY = 1024, 2457


def test_the_fit_is_off_by_some_percent_only() -> None:
    errors = circuit.residuals(circuit.fit())
    assert len(errors) >= 20
    assert float(np.sqrt((errors**2).mean())) < 0.06
    assert abs(errors).max() < 0.12


def test_a_stage_that_the_fit_has_not_seen_is_off_by_some_percent_only() -> None:
    errors = circuit.left_out()
    assert float(np.sqrt((errors**2).mean())) < 0.07
    assert abs(errors).max() < 0.15


@pytest.mark.parametrize("network", [N_CNV, U_CNV], ids=["n-cnv", "u-cnv"])
def test_the_whole_cores_which_the_fit_has_not_seen_are_off_by_two_percent_at_most(network) -> None:  # type: ignore[no-untyped-def]
    measured = json.loads(Path(report.FIGURES).read_text(encoding="utf-8"))[network.name]
    stages = choose(network.layers, layer_names(network), PIXEL_A_CLOCK, LATENCY)
    assert circuit.fit().core_luts(stages) == pytest.approx(measured["luts"], rel=0.02)
    assert sum(stage.ramb18 for stage in stages) == 2 * measured["bram36"]


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
