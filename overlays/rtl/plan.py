"""The choice of each stage's folding and kind of weights, for a wanted rate and, if given, a longest latency."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from binarycop.bundle.manifest import KERNEL, Layer
from binarycop.geometry import SIDE_PX
from overlays.rtl.schedule import Schedule, schedule
from overlays.rtl.schedule import latency as schedule_latency
from overlays.rtl.stage import PIXEL_BITS, Stage, Weights

_MAX_CONSTANT_FOLD = 32  # leaves one activation for a table of six inputs
_MAX_PASSES = 64


@dataclass(frozen=True)
class Plan:
    """The stages of a core and their schedule."""

    stages: tuple[Stage, ...]
    schedule: Schedule

    @property
    def luts(self) -> int:
        """The LUTs of all matrix units, by estimate."""
        return sum(stage.luts for stage in self.stages)


def plan(
    layers: Sequence[Layer], names: Sequence[str], clocks: int, latency: int | None = None, *, in_dsp: bool = False
) -> Plan:
    """The cheapest stages for at most ``clocks`` clocks an image.

    latency: the most clocks from the first pixel to the last score. in_dsp: XNORs of ROM stages go into DSPs. Raises
    ValueError if there are none.
    """
    chosen = choose(layers, names, clocks, latency, in_dsp=in_dsp)
    return Plan(chosen, schedule(chosen))


def choose(
    layers: Sequence[Layer], names: Sequence[str], clocks: int, latency: int | None = None, *, in_dsp: bool = False
) -> tuple[Stage, ...]:
    """The stages of ``plan``, without their schedule."""
    return cheapest(all_options(layers, names, in_dsp=in_dsp), clocks, latency, lambda stage: stage.cost)


def cheapest(
    options: Sequence[Sequence[Stage]], clocks: int, latency: int | None, cost: Callable[[Stage], float]
) -> tuple[Stage, ...]:
    """One option for each layer, the cheapest with at most ``clocks`` clocks an image.

    latency: the most clocks from the first pixel to the last score. While the latency is longer, the stage with the
    lowest cost for each clock saved becomes faster. Raises ValueError if there are none.
    """
    choices = []
    for of_layer in options:
        fast = [option for option in of_layer if option.clocks <= clocks]
        if not fast:
            raise ValueError(f"{of_layer[0].name} cannot take an image in {clocks} clocks; give a lower rate")
        choices.append(_worth_having(fast, cost))
    stages = tuple(each[0] for each in choices)
    while latency is not None and (now := schedule_latency(stages)) > latency:
        faster = _cheapest_step(stages, choices, cost)
        if faster is None:
            raise ValueError(f"the lowest latency is {now} clocks, more than the wanted {latency}")
        stages = faster
    return stages


def all_options(layers: Sequence[Layer], names: Sequence[str], *, in_dsp: bool = False) -> list[list[Stage]]:
    """Every kind and folding of each layer."""
    last = len(layers) - 1
    return [
        list(_options(layer, name, side, is_first=index == 0, is_last=index == last, in_dsp=in_dsp))
        for index, (layer, name, side) in enumerate(zip(layers, names, _sides(layers)))
    ]


def _sides(layers: Sequence[Layer]) -> list[int]:
    """The side of each layer's input in pixels."""
    sides, side = [], SIDE_PX
    for layer in layers:
        sides.append(side)
        side = side - KERNEL + 1 if layer.kind == "conv" else 1
        side = side // 2 if layer.pool else side
    return sides


def _options(layer: Layer, name: str, side: int, *, is_first: bool, is_last: bool, in_dsp: bool) -> Iterator[Stage]:
    if is_first:
        yield Stage(name, layer, side, Weights.PIXELS)
        yield Stage(name, layer, side, Weights.BITPLANES, passes=PIXEL_BITS)
        return
    if not is_last:
        for fold in _divisors(layer.outputs, _MAX_CONSTANT_FOLD):
            if fold & (fold - 1) == 0:
                yield Stage(name, layer, side, Weights.CONSTANT, fold)
    kind = Weights.ROM_AND_DSP if in_dsp else Weights.ROM
    for fold in [layer.outputs] if is_last else _divisors(layer.outputs, layer.outputs):
        for passes in _divisors(layer.fan_in, _MAX_PASSES):
            if fold * passes > 1:
                yield Stage(name, layer, side, kind, fold, passes, is_last)


def _divisors(number: int, largest: int) -> list[int]:
    return [divisor for divisor in range(1, min(number, largest) + 1) if number % divisor == 0]


def _worth_having(options: Sequence[Stage], cost: Callable[[Stage], float]) -> list[Stage]:
    """The Pareto front of cost and steps, the cheapest first."""
    kept: list[Stage] = []
    for option in sorted(options, key=lambda option: (cost(option), option.steps)):
        if not kept or option.steps < kept[-1].steps:
            kept.append(option)
    return kept


def _cheapest_step(
    stages: tuple[Stage, ...], choices: Sequence[Sequence[Stage]], cost: Callable[[Stage], float]
) -> tuple[Stage, ...] | None:
    """The stages with one of them faster, at the lowest cost for each clock that a row of windows saves."""
    best: tuple[float, int, Stage] | None = None
    for index, (stage, options) in enumerate(zip(stages, choices)):
        for option in options[options.index(stage) + 1 :]:
            saved = (stage.steps - option.steps) * stage.output_side_px
            price = (cost(option) - cost(stage)) / saved
            if best is None or price < best[0]:
                best = price, index, option
    if best is None:
        return None
    _, index, option = best
    return (*stages[:index], option, *stages[index + 1 :])
