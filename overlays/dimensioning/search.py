"""Foldings that are worth having: for each rate the one of fewest LUTs that fits the block RAM.

A pipeline runs at the pace of its slowest MVTU (with deep FIFOs), so that a rate leaves each layer its own choice; what
joins them is the block RAM, over which a table is filled layer by layer (a knapsack). That is exact for the cost model.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from binarycop.bundle.manifest import CHANNELS
from overlays.dimensioning.costs import Cost, mvtu_cost
from overlays.dimensioning.estimate import Estimate, fit_resource_model
from overlays.dimensioning.paper import CLOCK_HZ
from overlays.networks.tables import Network

MAX_SIMD = 64  # wider windows and adder trees than the paper's widest, 32, and once more, are left alone
_FAR = np.iinfo(np.int64).max // 2


@dataclass(frozen=True)
class Candidate:
    """A folding, (PE, SIMD) per layer, with the rate that its slowest MVTU allows and what it takes of the chip."""

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
    """The Pareto front of rate against LUTs within the budgets, the fastest first; empty where nothing fits.

    luts, bram18: what the whole may take, with windows, FIFOs and DMAs.
    """
    calibration = fit_resource_model()
    room = int(bram18 - calibration.bram18_fixed)
    if room < 0:
        return []
    layers = _choices(network)
    found: list[Candidate] = []
    for interval in sorted({choice.cost.cycles for choices in layers for choice in choices}):
        fitting = [[one for one in choices if one.cost.cycles <= interval] for choices in layers]
        chosen = _cheapest(fitting, room)
        if chosen is None:
            continue
        estimate = calibration.estimate(tuple(one.cost for one in chosen))
        if estimate.luts <= luts and (not found or estimate.luts < found[-1].estimate.luts):
            slowest = max(one.cost.cycles for one in chosen)
            found.append(Candidate(tuple((one.pe, one.simd) for one in chosen), slowest, estimate))
    return found


def cheapest(network: Network, rate_hz: float, luts: int, bram18: int) -> Candidate:
    """The folding of fewest LUTs that reaches ``rate_hz`` within the budgets. Raises ValueError where there is none."""
    good = [one for one in pareto_front(network, luts, bram18) if one.rate_hz >= rate_hz]
    if not good:
        raise ValueError(
            f"no folding of {network.name} reaches {rate_hz:g} images/s within {luts} LUTs and {bram18} RAMB18"
        )
    return good[-1]


def _choices(network: Network) -> list[list[_Choice]]:
    """Per layer every folding with its cost. SIMD divides the channels that come in, so that windows can give it."""
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
    """A choice per layer, of fewest LUTs together, within ``room`` RAMB18; None where there is none."""
    # best[m]: fewest LUTs of the layers so far with exactly m block RAMs; taken: which choice of each layer that is.
    best = np.full(room + 1, _FAR)
    best[0] = 0
    taken: list[NDArray[np.int64]] = []
    for choices in layers:
        after, chosen = np.full(room + 1, _FAR), np.full(room + 1, -1)
        for index, choice in enumerate(choices):
            bram18 = choice.cost.bram18
            if bram18 > room:
                continue
            moved = np.full(room + 1, _FAR)
            moved[bram18:] = best[: room + 1 - bram18] + choice.cost.luts
            better = moved < after
            after[better], chosen[better] = moved[better], index
        best = after
        taken.append(chosen)
    used = int(best.argmin())
    if best[used] >= _FAR:
        return None
    found: list[_Choice] = []
    for choices, chosen in zip(reversed(layers), reversed(taken)):
        found.insert(0, choices[int(chosen[used])])
        used -= found[0].cost.bram18
    return found


def _divisors(number: int) -> list[int]:
    return [one for one in range(1, number + 1) if number % one == 0]
