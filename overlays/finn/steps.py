"""Our own steps of the FINN build. Only this module and ``build`` import FINN, and only when a build runs."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overlays.finn import shell
from overlays.finn.errors import BuildMismatch, FinnMissing
from overlays.finn.recipe import TCL, Recipe, fifo_depths

Step = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class MvtuNode:
    """A layer as FINN built it: size of its matrix, folding, cycles for one image."""

    fan_in: int
    outputs: int
    pe: int
    simd: int
    cycles: int


@dataclass(frozen=True)
class MvtuTypes:
    """FINN's types of a layer. xnor: it counts equal bits, instead of adding and subtracting its inputs."""

    inputs: str
    weights: str
    xnor: bool


# The first layer multiplies bytes by -1 or +1, the others have bits only.
FIRST_TYPES, OTHER_TYPES = MvtuTypes("UINT8", "BIPOLAR", False), MvtuTypes("BINARY", "BINARY", True)


def check_types(recipe: Recipe, found: Sequence[MvtuTypes]) -> None:
    """Raises BuildMismatch if a layer has other types: with wider weights FINN builds multipliers."""
    if len(found) != len(recipe.network.layers):
        raise BuildMismatch("number of MVTUs", len(found), len(recipe.network.layers))
    for index, types in enumerate(found):
        expected = OTHER_TYPES if index else FIRST_TYPES
        if types != expected:
            raise BuildMismatch(f"types of MVTU {index}", types, expected)


def is_bipolar(weights: NDArray[np.generic]) -> bool:
    """Whether all weights are -1 or +1."""
    return bool(np.isin(weights, (-1, 1)).all())


def check_mvtus(recipe: Recipe, found: Sequence[MvtuNode]) -> None:
    """Raises BuildMismatch if FINN's layers differ from the recipe: FINN ignores settings for unknown nodes."""
    network = recipe.network
    if len(found) != len(network.layers):
        raise BuildMismatch("number of MVTUs", len(found), len(network.layers))
    for index, (layer, cycles, node) in enumerate(zip(network.layers, network.cycles, found)):
        expected = MvtuNode(layer.fan_in, layer.outputs, layer.pe, layer.simd, cycles)
        if node != expected:
            raise BuildMismatch(f"MVTU {index}", node, expected)


def check_other_nodes(recipe: Recipe, cycles: Mapping[str, int]) -> None:
    """Raises BuildMismatch if a node is slower than the slowest MVTU: then it is not folded.

    cycles: for one image, by the name of the node. The window of the first layer may be slightly slower than its MVTU,
    since it fills some rows first.
    """
    slowest = max(recipe.network.cycles)
    for name, taken in cycles.items():
        if taken > 1.01 * slowest:
            raise BuildMismatch(f"clocks per image of {name}", taken, f"about {slowest} at most")


def check_fifos(recipe: Recipe, found: Sequence[int]) -> None:
    """Raises BuildMismatch if the depths of the FIFOs in front of the layers, in words, differ from the recipe."""
    expected = fifo_depths(recipe.network, recipe.flavour)
    if tuple(found) != expected:
        raise BuildMismatch("depth of the FIFOs", tuple(found), expected)


def resolve(names: Sequence[str], recipe: Recipe) -> list[str | Step]:
    """The steps for FINN's builder: ours as functions of (model, config), FINN's by name. Raises FinnMissing."""
    ours = {step.__name__: step for step in _ours(recipe)}
    return [ours.get(name, name) for name in names]


def _ours(recipe: Recipe) -> list[Step]:
    try:
        from finn.builder import build_dataflow_steps  # noqa: PLC0415 - FINN exists only in its container
        from finn.transformation.fpgadataflow import templates  # noqa: PLC0415
        from finn.transformation.fpgadataflow.insert_dwc import InsertDWC  # noqa: PLC0415
        from finn.transformation.fpgadataflow.insert_fifo import InsertFIFO  # noqa: PLC0415
        from finn.transformation.fpgadataflow.specialize_layers import SpecializeLayers  # noqa: PLC0415
        from finn.transformation.general import ApplyConfig  # noqa: PLC0415
        from finn.transformation.qonnx.convert_qonnx_to_finn import ConvertQONNXtoFINN  # noqa: PLC0415
        from finn.util.basic import pynq_native_port_width, pynq_part_map  # noqa: PLC0415
        from qonnx.custom_op.registry import getCustomOp  # noqa: PLC0415
        from qonnx.transformation.general import GiveUniqueNodeNames  # noqa: PLC0415
        from qonnx.util.cleanup import cleanup_model  # noqa: PLC0415
    except ImportError as error:
        raise FinnMissing(str(error)) from error

    def step_binary_qonnx_to_finn(model: Any, _config: Any) -> Any:
        # FINN's own step ignores a graph with only BipolarQuant nodes: it looks for their old name.
        return cleanup_model(model).transform(ConvertQONNXtoFINN())

    def step_check_folding(model: Any, _config: Any) -> Any:
        found = []
        for node in _mvaus(model):
            mvau = getCustomOp(node)
            fan_in, outputs, pe, simd = (int(mvau.get_nodeattr(name)) for name in ("MW", "MH", "PE", "SIMD"))
            found.append(MvtuNode(fan_in, outputs, pe, simd, int(mvau.get_exp_cycles())))
        check_mvtus(recipe, found)
        check_other_nodes(recipe, {node.name: int(getCustomOp(node).get_exp_cycles()) for node in model.graph.node})
        return model

    def step_restore_bipolar_weights(model: Any, _config: Any) -> Any:
        # FINN's step_minimize_bit_width takes the narrowest integer that holds -1 and +1, INT2. With it the first layer
        # has multipliers of two bits and twice the weight memory; with BIPOLAR it adds and subtracts.
        for node in _mvaus(model):
            mvau = getCustomOp(node)
            if not mvau.get_nodeattr("binaryXnorMode") and is_bipolar(model.get_initializer(node.input[1])):
                mvau.set_nodeattr("weightDataType", "BIPOLAR")
        return model

    def step_check_types(model: Any, _config: Any) -> Any:
        found = []
        for node in _mvaus(model):
            mvau = getCustomOp(node)
            inputs, weights = (str(mvau.get_nodeattr(name)) for name in ("inputDataType", "weightDataType"))
            found.append(MvtuTypes(inputs, weights, bool(mvau.get_nodeattr("binaryXnorMode"))))
        check_types(recipe, found)
        return model

    def step_check_fifos(model: Any, _config: Any) -> Any:
        depths = []
        for layer, node in zip(recipe.network.layers, _mvaus(model)):
            reads = node
            while layer.kind == "conv" and not reads.op_type.startswith("ConvolutionInputGenerator"):
                reads = model.find_producer(reads.input[0])
            before = model.find_producer(reads.input[0])
            is_fifo = before is not None and before.op_type.startswith("StreamingFIFO")
            depths.append(int(getCustomOp(before).get_nodeattr("depth")) if is_fifo else 0)
        check_fifos(recipe, depths)
        return model

    def step_preview_fifos(model: Any, config: Any) -> Any:
        # The part of FINN's step_set_fifo_depths that needs no Vivado, on a copy of the model.
        copy = deepcopy(model).transform(InsertDWC()).transform(InsertFIFO(create_shallow_fifos=True))
        copy = copy.transform(SpecializeLayers(recipe.board.part)).transform(GiveUniqueNodeNames())
        step_check_fifos(copy.transform(ApplyConfig(config.folding_config_file)), config)
        return model

    def step_synthesize_with_gate(model: Any, config: Any) -> Any:
        tcl = (Path(config.output_dir) / TCL).read_text(encoding="utf-8")
        with shell.patched(templates, pynq_part_map, pynq_native_port_width, recipe.board, tcl):
            return build_dataflow_steps.step_synthesize_bitfile(model, config)

    return [
        step_binary_qonnx_to_finn,
        step_check_folding,
        step_restore_bipolar_weights,
        step_check_types,
        step_check_fifos,
        step_preview_fifos,
        step_synthesize_with_gate,
    ]


def _mvaus(model: Any) -> list[Any]:
    return [node for node in model.graph.node if node.op_type.startswith("MVAU")]
