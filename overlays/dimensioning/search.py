"""Foldings that are worth having: for each rate the one of fewest LUTs that fits the block RAM.

A pipeline runs at the pace of its slowest MVTU (with deep FIFOs), so that a rate leaves each layer its own choice; what
joins them is the block RAM, over which a table is filled layer by layer (a knapsack). That is exact for the cost model.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from binarycop.classifier.manifest import CHANNELS, Layer
from overlays.dimensioning.costs import Cost, mvtu, refolded
from overlays.dimensioning.estimate import Estimate, calibrate
from overlays.dimensioning.paper import CLOCK_HZ
from overlays.networks.tables import Network

SIMD_MOST = 64  # wider windows and adder trees than the paper's widest, 32, and once more, are left alone
_FAR = np.iinfo(np.int64).max // 2


@dataclass(frozen=True)
class Proposal:
    """A folding, (PE, SIMD) per layer, with the rate that its slowest MVTU allows and what it takes of the chip."""

    folding: tuple[tuple[int, int], ...]
    interval: int
    estimate: Estimate

    @property
    def rate_hz(self) -> float:
        """Images per second at 100 MHz, with deep FIFOs."""
        return CLOCK_HZ / self.interval


def front(network: Network, luts: int, bram18: int) -> list[Proposal]:
    """The Pareto front of rate against LUTs within the budgets, the fastest first; empty where nothing fits.

    luts, bram18: what the whole may take, with windows, FIFOs and DMAs.
    """
    choices = _choices(network)
    intervals = sorted({cost.cycles for layer in choices for _, cost in layer})
    least = max(min(cost.cycles for _, cost in layer) for layer in choices)
    found: list[Proposal] = []
    for interval in intervals:
        if interval < least:
            continue
        proposal = _cheapest(network, choices, interval, bram18)
        if proposal is None or proposal.estimate.luts > luts:
            continue
        if not found or proposal.estimate.luts < found[-1].estimate.luts:
            found.append(proposal)
    return found


def propose(network: Network, rate_hz: float, luts: int, bram18: int) -> Proposal:
    """The folding of fewest LUTs that reaches ``rate_hz`` within the budgets. Raises ValueError where there is none."""
    good = [one for one in front(network, luts, bram18) if one.rate_hz >= rate_hz]
    if not good:
        raise ValueError(
            f"no folding of {network.name} reaches {rate_hz:g} images/s within {luts} LUTs and {bram18} RAMB18"
        )
    return good[-1]


def _choices(network: Network) -> list[list[tuple[tuple[int, int], Cost]]]:
    """Per layer every (PE, SIMD) with its cost. SIMD divides the channels that come in, so that windows can give it."""
    choices = []
    channels = CHANNELS
    for layer, side in zip(network.layers, network.sides_px):
        choices.append(
            [
                ((pe, simd), mvtu(_folded(layer, pe, simd), side))
                for pe in _divisors(layer.outputs)
                for simd in _divisors(channels)
                if simd <= SIMD_MOST
            ]
        )
        channels = layer.outputs
    return choices


def _cheapest(
    network: Network, choices: list[list[tuple[tuple[int, int], Cost]]], interval: int, bram18: int
) -> Proposal | None:
    calibration = calibrate()
    room = int(bram18 - calibration.bram18_fixed)
    if room < 0:
        return None
    # best[m]: fewest LUTs of the layers so far with exactly m block RAMs; taken: which choice of each layer that was.
    best = np.full(room + 1, _FAR)
    best[0] = 0
    taken: list[NDArray[np.int64]] = []
    for layer in choices:
        after, chosen = np.full(room + 1, _FAR), np.full(room + 1, -1)
        for index, (_, cost) in enumerate(layer):
            if cost.cycles > interval or cost.bram18 > room:
                continue
            moved = np.full(room + 1, _FAR)
            moved[cost.bram18 :] = best[: room + 1 - cost.bram18] + cost.luts
            better = moved < after
            after[better], chosen[better] = moved[better], index
        best = np.minimum(after, _FAR)
        taken.append(chosen)
    used = int(best.argmin())
    if best[used] >= _FAR:
        return None
    folding: list[tuple[int, int]] = []
    for layer, chosen in zip(reversed(choices), reversed(taken)):
        (pair, cost) = layer[int(chosen[used])]
        folding.insert(0, pair)
        used -= cost.bram18
    built = refolded(network, tuple(folding))
    costs = tuple(mvtu(layer, side) for layer, side in zip(built.layers, built.sides_px))
    return Proposal(tuple(folding), max(built.cycles), calibration.estimate(costs))


def _folded(layer: Layer, pe: int, simd: int) -> Layer:
    return Layer(layer.kind, layer.inputs, layer.outputs, layer.pool, pe, simd)


def _divisors(number: int) -> list[int]:
    return [one for one in range(1, number + 1) if number % one == 0]
