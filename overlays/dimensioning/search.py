"""Search for the best foldings: for each rate, the one with the fewest LUTs that fits the block RAM.

With deep FIFOs the slowest MVTU determines the rate, so for a given rate each layer can be chosen separately. Only the
block RAM is shared: this is a knapsack problem, solved exactly by dynamic programming over the layers.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from binarycop.bundle.manifest import CHANNELS
from overlays.dimensioning.costs import Cost, mvtu_cost
from overlays.dimensioning.estimate import Estimate, fit_resource_model
from overlays.dimensioning.paper import CLOCK_HZ
from overlays.networks.tables import Network

MAX_SIMD = 64  # twice the widest of the paper
_INFINITE = np.iinfo(np.int64).max // 2


@dataclass(frozen=True)
class Candidate:
    """A folding, (PE, SIMD) for each layer, with its interval in clock cycles and its estimated resources."""

    folding: tuple[tuple[int, int], ...]
    interval: int
    estimate: Estimate

    @property
    def rate_hz(self) -> float:
        """Images per second at 100 MHz, with deep FIFOs."""
        return CLOCK_HZ / self.interval


@dataclass(frozen=True)
class _Choice:
    pe: int
    simd: int
    cost: Cost


def pareto_front(network: Network, luts: int, bram18: int) -> list[Candidate]:
    """The Pareto front of rate and LUTs within the budgets, fastest first; empty if nothing fits.

    luts, bram18: budgets for the whole design, with sliding windows, FIFOs and DMAs.
    """
    model = fit_resource_model()
    room = int(bram18 - model.bram18_fixed)
    if room < 0:
        return []
    layers = _choices(network)
    found: list[Candidate] = []
    for interval in sorted({choice.cost.cycles for choices in layers for choice in choices}):
        fitting = [[choice for choice in choices if choice.cost.cycles <= interval] for choices in layers]
        chosen = _cheapest(fitting, room)
        if chosen is None:
            continue
        estimate = model.estimate(tuple(choice.cost for choice in chosen))
        if estimate.luts <= luts and (not found or estimate.luts < found[-1].estimate.luts):
            slowest = max(choice.cost.cycles for choice in chosen)
            found.append(Candidate(tuple((choice.pe, choice.simd) for choice in chosen), slowest, estimate))
    return found


def cheapest(network: Network, rate_hz: float, luts: int, bram18: int) -> Candidate:
    """The folding with the fewest LUTs that reaches ``rate_hz`` within the budgets. Raises ValueError without one."""
    good = [candidate for candidate in pareto_front(network, luts, bram18) if candidate.rate_hz >= rate_hz]
    if not good:
        raise ValueError(
            f"no folding of {network.name} reaches {rate_hz:g} images/s within {luts} LUTs and {bram18} RAMB18"
        )
    return good[-1]


def _choices(network: Network) -> list[list[_Choice]]:
    """All foldings of each layer with their costs. SIMD must divide the input channels, as the sliding window needs."""
    layers: list[list[_Choice]] = []
    channels = CHANNELS
    for layer, side in zip(network.layers, network.sides_px):
        layers.append(
            [
                _Choice(pe, simd, mvtu_cost(replace(layer, pe=pe, simd=simd), side))
                for pe in _divisors(layer.outputs)
                for simd in _divisors(channels)
                if simd <= MAX_SIMD
            ]
        )
        channels = layer.outputs
    return layers


def _cheapest(layers: list[list[_Choice]], room: int) -> list[_Choice] | None:
    """A choice for each layer with the fewest LUTs in total and at most ``room`` RAMB18; None without one."""
    # best[m]: fewest LUTs of the layers so far with exactly m RAMB18. taken: the choice of each layer for that.
    best = np.full(room + 1, _INFINITE)
    best[0] = 0
    taken: list[NDArray[np.int64]] = []
    for choices in layers:
        after, chosen = np.full(room + 1, _INFINITE), np.full(room + 1, -1)
        for index, choice in enumerate(choices):
            bram18 = choice.cost.bram18
            if bram18 > room:
                continue
            moved = np.full(room + 1, _INFINITE)
            moved[bram18:] = best[: room + 1 - bram18] + choice.cost.luts
            better = moved < after
            after[better], chosen[better] = moved[better], index
        best = after
        taken.append(chosen)
    used = int(best.argmin())
    if best[used] >= _INFINITE:
        return None
    found: list[_Choice] = []
    for choices, chosen in zip(reversed(layers), reversed(taken)):
        found.insert(0, choices[int(chosen[used])])
        used -= found[0].cost.bram18
    return found


def _divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]
