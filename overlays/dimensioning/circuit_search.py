"""Search for circuits of our own: for each rate and a bound on the latency, the stages with the fewest LUTs.

The slowest stage sets the rate, so for a given rate each layer can be chosen separately: kind of weights, outputs and
parts of the inputs that are computed one after the other. The stages overlap in time, so the latency depends on all of
them. With a bound on it the search is a greedy descent: stages become faster until the bound holds, and then cheaper
again, one at a time, where it still holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from overlays.dimensioning.circuit import CircuitModel, fit, shell_luts
from overlays.dimensioning.paper import CLOCK_HZ
from overlays.dimensioning.table import layer_names
from overlays.networks.tables import Network
from overlays.rtl.plan import all_options, cheapest
from overlays.rtl.schedule import latency
from overlays.rtl.stage import LUTS_PER_RAMB18, Stage

_LEAST_CLOCKS = 1024  # a pixel a clock
_Stages = tuple[Stage, ...]


@dataclass(frozen=True)
class Circuit:
    """Stages of a core. luts, ramb18: of the whole accelerator with its shell, by estimate."""

    stages: _Stages
    luts: int
    ramb18: int

    @property
    def clocks(self) -> int:
        """Clocks for an image."""
        return max(stage.clocks for stage in self.stages)

    @property
    def rate_hz(self) -> float:
        """Images per second at 100 MHz."""
        return CLOCK_HZ / self.clocks

    @property
    def latency_clocks(self) -> int:
        """Clocks from the core's first pixel to its last score."""
        return latency(self.stages)


def circuit_front(network: Network, luts: int, ramb18: int, latency_clocks: int | None = None) -> list[Circuit]:
    """The Pareto front of rate and LUTs within the budgets, fastest first; empty if nothing fits.

    luts, ramb18: budgets for the whole accelerator. latency_clocks: the most from the core's first pixel to its last
    score.
    """
    model, shell = fit(), shell_luts(network)
    cost, latency_of = cache(lambda stage: _cost(model, stage)), cache(latency)
    options = all_options(network.layers, layer_names(network))
    found: list[Circuit] = []
    for clocks in sorted({stage.clocks for of_layer in options for stage in of_layer if stage.clocks >= _LEAST_CLOCKS}):
        if latency_clocks is not None and clocks > 2 * latency_clocks:
            break  # the last pixels come too late: pools may leave some of them out, but not half of the image
        try:
            stages = cheapest(options, clocks, latency_clocks, cost)
        except ValueError:
            continue
        if latency_clocks is not None:
            stages = _cheaper(stages, options, clocks, latency_clocks, cost, latency_of)
        circuit = Circuit(stages, shell + model.core_luts(stages), sum(stage.ramb18 for stage in stages))
        if circuit.luts > luts or circuit.ramb18 > ramb18:
            continue
        if not found or circuit.luts < found[-1].luts:
            found.append(circuit)
    return found


def _cheaper(
    stages: _Stages,
    options: Sequence[Sequence[Stage]],
    clocks: int,
    latency_clocks: int,
    cost: Callable[[Stage], int],
    latency_of: Callable[[_Stages], int],
) -> _Stages:
    """Stages that keep the bound, made cheaper one at a time, the largest saving first, until none can be."""
    while True:
        best, most = stages, 0
        for index, of_layer in enumerate(options):
            now = cost(stages[index])
            for option in sorted((each for each in of_layer if each.clocks <= clocks), key=cost):
                if cost(option) >= now - most:
                    break
                changed = (*stages[:index], option, *stages[index + 1 :])
                if latency_of(changed) <= latency_clocks:
                    best, most = changed, now - cost(option)
                    break
        if not most:
            return stages
        stages = best


def _cost(model: CircuitModel, stage: Stage) -> int:
    return model.luts(stage) + LUTS_PER_RAMB18 * stage.ramb18
