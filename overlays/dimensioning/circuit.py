"""The cost of our own circuit (``overlays/rtl``): LUTs of its stages, fitted to stages that yosys has synthesised.

A stage is a layer with its window, matrix unit, pool and FIFO. The memories in LUTs are counted exactly. The rest is a
linear function of three numbers: the stage's own estimate of its matrix unit, with a factor for each kind of weights,
its outputs, and its inputs. The factors minimise the relative errors of ``stages.json``: stages of our networks at
several rates, each synthesised alone (``overlays.rtl.core.stage_modules``) with synth_xilinx -flatten of yosys 0.70.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.bundle.manifest import Layer
from binarycop.bundle.packing import number_type
from binarycop.classes import LABELS
from overlays.networks.tables import Network
from overlays.rtl.stage import Stage, Weights

MEASURED = Path(__file__).with_name("stages.json")
SHELL_LUTS = 1355  # by yosys: n-CNV's whole accelerator less its core (overlays/rtl/figures.json)
PACKING_LUTS = 72  # in addition, if images can begin within a beat: CNV's shell less n-CNV's, with one set of weights
_BEAT_BYTES = 8
FIFO_WORDS = 32  # of the FIFO behind a convolution, if its depth is unknown
_RAM_BITS_OF_FOUR_LUTS = ((32, 6), (64, 3))  # words and bits of a RAM32M and a RAM64M
_KINDS = (Weights.ROM, Weights.CONSTANT, Weights.PIXELS, Weights.BITPLANES)


@dataclass(frozen=True)
class MeasuredStage:
    """A stage as yosys' synth_xilinx counts it. fifo: words of the FIFO behind it."""

    stage: Stage
    fifo: int
    luts: int
    ffs: int
    ramb18: int

    @property
    def name(self) -> str:
        """The layer with its kind of weights, outputs and parts of the inputs one after the other."""
        return f"{self.stage.name}, {self.stage.weights.value}, {self.stage.fold} × {self.stage.passes}"


@cache
def measured_stages(file: Path = MEASURED) -> tuple[MeasuredStage, ...]:
    """The measured stages."""
    found = []
    for row in json.loads(file.read_text(encoding="utf-8")):
        layer = Layer(row["kind"], row["inputs"], row["outputs"], row["pool"], 1, 1)
        stage = Stage(row["name"], layer, row["side_px"], Weights(row["weights"]), row["fold"], row["passes"])
        found.append(MeasuredStage(stage, row["fifo"], row["luts"], row["ffs"], row["ramb18"]))
    return tuple(found)


def shell_luts(network: Network) -> int:
    """LUTs of the shell, which depend on the packing: a word has as many scores as the last layer has PEs."""
    word_scores = network.layers[-1].pe
    image_bytes = len(LABELS) // word_scores * number_type(network.output_type).word_bytes(word_scores)
    return SHELL_LUTS + (PACKING_LUTS if image_bytes % _BEAT_BYTES else 0)


def memory_luts(stage: Stage, fifo: int) -> int:
    """LUTs used as memory: two rows of the window, the row of the pool, the FIFO."""
    layer, luts = stage.layer, 0
    if layer.kind == "conv":
        bits = 2 * layer.inputs * (8 if stage.weights in (Weights.PIXELS, Weights.BITPLANES) else 1)
        luts += _ram_luts(stage.side_px, bits)
    if layer.pool:
        luts += _ram_luts(-(-stage.output_side_px // 2), layer.outputs)
    return luts + (_ram_luts(fifo, layer.outputs) if fifo > 1 else 0)


def _ram_luts(words: int, bits: int) -> int:
    if words <= _RAM_BITS_OF_FOUR_LUTS[0][0]:
        return 4 * -(-bits // _RAM_BITS_OF_FOUR_LUTS[0][1])
    return 4 * -(-bits // _RAM_BITS_OF_FOUR_LUTS[1][1]) * -(-words // _RAM_BITS_OF_FOUR_LUTS[1][0])


@dataclass(frozen=True)
class CircuitModel:
    """The fit. factors: of the matrix unit's own estimate, by kind; kinds that were not measured have 1."""

    factors: dict[Weights, float]
    for_each_output: float
    for_each_input: float
    fixed: float

    def luts(self, stage: Stage, fifo: int | None = None) -> int:
        """The estimate for a stage. fifo: words of its FIFO; None is the usual depth."""
        words = fifo if fifo is not None else FIFO_WORDS if stage.layer.kind == "conv" else 1
        logic = self.factors.get(stage.weights, 1.0) * stage.luts + self.for_each_output * stage.layer.outputs
        return round(logic + self.for_each_input * stage.layer.fan_in + self.fixed) + memory_luts(stage, words)

    def core_luts(self, stages: Sequence[Stage], fifos: Sequence[int | None] | None = None) -> int:
        """The estimate for a core."""
        return sum(self.luts(stage, words) for stage, words in zip(stages, fifos or [None] * len(stages)))


def fit(measured: Sequence[MeasuredStage] | None = None) -> CircuitModel:
    """The model with the smallest relative errors. Raises ValueError if there are fewer stages than factors."""
    stages = measured_stages() if measured is None else measured
    kinds = [kind for kind in _KINDS if any(each.stage.weights is kind for each in stages)]
    if len(stages) < len(kinds) + 3:
        raise ValueError(f"{len(stages)} measured stages are too few for {len(kinds) + 3} factors")
    columns = np.array([_columns(each.stage, kinds) for each in stages])
    wanted = np.array([each.luts - memory_luts(each.stage, each.fifo) for each in stages], float)
    weights = 1 / np.array([each.luts for each in stages], float)
    found, *_ = np.linalg.lstsq(columns * weights[:, None], wanted * weights, rcond=None)
    factors = {kind: float(factor) for kind, factor in zip(kinds, found)}
    return CircuitModel(factors, *(float(factor) for factor in found[len(kinds) :]))


def residuals(model: CircuitModel, measured: Sequence[MeasuredStage] | None = None) -> NDArray[np.float64]:
    """The relative error of each measured stage."""
    stages = measured_stages() if measured is None else measured
    return np.array([model.luts(each.stage, each.fifo) / each.luts - 1 for each in stages])


def left_out(measured: Sequence[MeasuredStage] | None = None) -> NDArray[np.float64]:
    """The relative error of each measured stage with a fit to all others (leave-one-out)."""
    stages = list(measured_stages() if measured is None else measured)
    errors = []
    for index, each in enumerate(stages):
        model = fit(stages[:index] + stages[index + 1 :])
        errors.append(model.luts(each.stage, each.fifo) / each.luts - 1)
    return np.array(errors)


def _columns(stage: Stage, kinds: Sequence[Weights]) -> list[float]:
    own = [float(stage.luts) if stage.weights is kind else 0.0 for kind in kinds]
    return [*own, float(stage.layer.outputs), float(stage.layer.fan_in), 1.0]
