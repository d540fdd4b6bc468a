"""The estimates of whole designs, compared with Table II."""

import pytest

from overlays.dimensioning.costs import network_costs
from overlays.dimensioning.estimate import FITTED, WEIGHTS, fit_resource_model
from overlays.dimensioning.paper import CHIPS, TABLE_II
from overlays.networks.tables import CNV, NETWORKS


def test_the_papers_cnv_which_is_not_fitted_is_estimated_within_two_percent() -> None:
    assert CNV not in FITTED
    estimate = fit_resource_model().estimate(network_costs(CNV, WEIGHTS["cnv"]))
    assert estimate.luts == pytest.approx(TABLE_II["cnv"].luts, rel=0.02)
    assert estimate.bram18 == pytest.approx(TABLE_II["cnv"].bram18, rel=0.02)


def test_the_fitted_networks_have_the_measured_values() -> None:
    for network in FITTED:
        estimate = fit_resource_model().estimate(network_costs(network, WEIGHTS[network.name]))
        assert estimate.luts == pytest.approx(TABLE_II[network.name].luts, abs=1)
        assert estimate.bram18 == pytest.approx(TABLE_II[network.name].bram18, abs=1)


def test_all_networks_fit_the_xc7z020_and_only_u_cnv_the_xc7z010() -> None:
    large, small = CHIPS["xc7z020"], CHIPS["xc7z010"]
    designs = {
        name: fit_resource_model().estimate(network_costs(network, WEIGHTS[name])) for name, network in NETWORKS.items()
    }
    assert all(design.luts < large.luts and design.bram18 < large.bram18 for design in designs.values())
    assert [name for name, design in designs.items() if design.luts < small.luts and design.bram18 < small.bram18] == [
        "u-cnv"
    ]
