"""Estimate of the resources of a whole design: the costs of the MVTUs, fitted to the paper's Table II.

The LUTs are a linear function of the MVTUs' LUTs, the block RAM is the MVTUs' plus a constant. Both are fitted to the
paper's n-CNV and µ-CNV, which were built with the same tools. The paper's CNV, whose weights are loadable as in
BNN-PYNQ, is not used for the fit and shows how good it is.
"""

from dataclasses import dataclass
from math import ceil

from overlays.dimensioning.costs import Cost, Weights, network_costs
from overlays.dimensioning.paper import TABLE_II
from overlays.networks.tables import CNV, N_CNV, U_CNV

FITTED = (N_CNV, U_CNV)
WEIGHTS = {CNV.name: Weights.LOADABLE, N_CNV.name: Weights.BAKED, U_CNV.name: Weights.BAKED}


@dataclass(frozen=True)
class Estimate:
    """LUTs and RAMB18E1 of a whole design: MVTUs, sliding windows, FIFOs, DMAs and interconnect."""

    luts: int
    bram18: int


@dataclass(frozen=True)
class ResourceModel:
    """luts = fixed + factor × the MVTUs' LUTs; bram18 = fixed + the MVTUs' block RAM."""

    luts_fixed: float
    luts_factor: float
    bram18_fixed: float

    def estimate(self, costs: tuple[Cost, ...]) -> Estimate:
        """The estimate for a design, from the costs of its layers."""
        luts, bram18 = _sums(costs)
        return Estimate(round(self.luts_fixed + self.luts_factor * luts), ceil(self.bram18_fixed + bram18))


def fit_resource_model() -> ResourceModel:
    """Fit the model to the rows of ``FITTED`` in Table II."""
    (x0, bram0), (x1, bram1) = (_sums(network_costs(network, WEIGHTS[network.name])) for network in FITTED)
    y0, y1 = (TABLE_II[network.name] for network in FITTED)
    factor = (y0.luts - y1.luts) / (x0 - x1)
    return ResourceModel(y0.luts - factor * x0, factor, ((y0.bram18 - bram0) + (y1.bram18 - bram1)) / 2)


def _sums(costs: tuple[Cost, ...]) -> tuple[int, int]:
    return sum(cost.luts for cost in costs), sum(cost.bram18 for cost in costs)
