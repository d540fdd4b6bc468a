"""Search for circuits of our own: for each rate, the stages with the fewest LUTs.

The slowest stage has the rate, so for a rate each layer is chosen by itself: kind of weights, outputs and parts of the
inputs that are computed one after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from overlays.dimensioning.circuit import SHELL_LUTS, CircuitModel, fit
from overlays.dimensioning.paper import CLOCK_HZ
from overlays.dimensioning.table import layer_names
from overlays.networks.tables import Network
from overlays.rtl.plan import all_options
from overlays.rtl.stage import LUTS_PER_RAMB18, Stage

_LEAST_CLOCKS = 1024  # a pixel a clock


@dataclass(frozen=True)
class Circuit:
    """Stages of a core. luts, ramb18: of the whole accelerator with its shell, by estimate."""

    stages: tuple[Stage, ...]
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


def circuit_front(network: Network, luts: int, ramb18: int) -> list[Circuit]:
    """The Pareto front of rate and LUTs within the budgets, fastest first; empty if nothing fits.

    luts, ramb18: budgets for the whole accelerator.
    """
    model = fit()
    layers = all_options(network.layers, layer_names(network))
    # The cheapest first, so the first one that is fast enough is chosen.
    ordered = [sorted(options, key=lambda stage: (_cost(model, stage), stage.clocks)) for options in layers]
    found: list[Circuit] = []
    for clocks in sorted({stage.clocks for options in layers for stage in options if stage.clocks >= _LEAST_CLOCKS}):
        circuit = _cheapest(model, ordered, clocks)
        if circuit is None or circuit.luts > luts or circuit.ramb18 > ramb18:
            continue
        if not found or circuit.luts < found[-1].luts:
            found.append(circuit)
    return found


def _cheapest(model: CircuitModel, ordered: Sequence[Sequence[Stage]], clocks: int) -> Circuit | None:
    stages = []
    for options in ordered:
        chosen = next((stage for stage in options if stage.clocks <= clocks), None)
        if chosen is None:
            return None
        stages.append(chosen)
    return Circuit(tuple(stages), SHELL_LUTS + model.core_luts(stages), sum(stage.ramb18 for stage in stages))


def _cost(model: CircuitModel, stage: Stage) -> int:
    return model.luts(stage) + LUTS_PER_RAMB18 * stage.ramb18
