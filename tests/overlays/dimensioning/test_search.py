"""The search: it finds what an exhaustive search finds."""

from functools import cache
from itertools import product

import pytest

from binarycop.bundle.manifest import Layer
from overlays.dimensioning.costs import network_costs, with_folding
from overlays.dimensioning.estimate import Estimate, fit_resource_model
from overlays.dimensioning.search import cheapest, pareto_front
from overlays.networks.tables import N_CNV, U_CNV, Network

SMALL = Network(
    "small",
    (
        Layer("conv", 3, 2, False, 1, 1),
        Layer("conv", 2, 8, True, 1, 1),
        Layer("fc", 8 * 14 * 14, 8, False, 1, 1),
        Layer("fc", 8, 4, False, 1, 1),
    ),
    "INT16",
)


@cache
def every_folding() -> list[tuple[int, Estimate]]:
    """Interval and estimate of all foldings of ``SMALL``."""
    powers = (1, 2, 4, 8)
    choices = ((powers[:2], (1, 3)), (powers, powers[:2]), (powers, powers), (powers[:3], powers))
    built = [with_folding(SMALL, folding) for folding in product(*(product(*choice) for choice in choices))]
    return [(max(network.cycles), fit_resource_model().estimate(network_costs(network))) for network in built]


@pytest.mark.parametrize(("luts", "bram18"), [(10**6, 10**3), (9000, 10**3), (10**6, 18), (10**6, 15)])
def test_the_front_is_the_front_of_all_foldings(luts: int, bram18: int) -> None:
    fitting = [
        (interval, estimate.luts)
        for interval, estimate in every_folding()
        if estimate.luts <= luts and estimate.bram18 <= bram18
    ]
    expected: list[tuple[int, int]] = []
    for interval, least in sorted(fitting):
        if not expected or least < expected[-1][1]:
            expected.append((interval, least))
    found = pareto_front(SMALL, luts, bram18)
    assert expected
    assert [(candidate.interval, candidate.estimate.luts) for candidate in found] == expected
    assert all(candidate.estimate.bram18 <= bram18 for candidate in found)


def test_the_cheapest_folding_reaches_the_rate_and_has_the_estimated_cost() -> None:
    chosen = cheapest(N_CNV, 6460, 53200, 280)
    built = with_folding(N_CNV, chosen.folding)
    assert max(built.cycles) == chosen.interval
    assert chosen.rate_hz >= 6460
    assert fit_resource_model().estimate(network_costs(built)) == chosen.estimate
    assert chosen.estimate.luts < 20425  # the paper's folding, for that rate


def test_a_rate_or_a_budget_that_is_not_possible_is_refused() -> None:
    with pytest.raises(ValueError, match="no folding of u-cnv reaches 20000 images/s within 17600 LUTs and 120 RAMB18"):
        cheapest(U_CNV, 20000, 17600, 120)
    assert pareto_front(U_CNV, 100, 120) == []
    assert pareto_front(U_CNV, 17600, 3) == []
