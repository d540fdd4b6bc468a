"""Export of a bundle's weights and thresholds as QONNX, the input format of FINN, with brevitas.

The graph is made from the integers, not from the trained floats: a batch normalisation with unit scale subtracts
T - 0.5, so the sign after it is FINN's threshold, and every sum is exact in float32.
"""

from pathlib import Path

import numpy as np
import torch
from brevitas.core.bit_width import BitWidthImplType
from brevitas.core.quant import QuantType
from brevitas.core.restrict_val import FloatToIntImplType, RestrictValueType
from brevitas.core.scaling import ScalingImplType
from brevitas.core.zero_point import ZeroZeroPoint
from brevitas.export import export_qonnx
from brevitas.inject import ExtendedInjector
from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear
from brevitas.quant.solver import ActQuantSolver, WeightQuantSolver
from numpy.typing import NDArray
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from torch import nn

from binarycop.bundle.files import LayerWeights
from binarycop.bundle.manifest import CHANNELS, KERNEL, Layer
from binarycop.geometry import SIDE_PX


class _Binary(ExtendedInjector):  # type: ignore[misc]
    """±1 with a scale of one, as in brevitas' bnn_pynq examples."""

    bit_width_impl_type = BitWidthImplType.CONST
    scaling_impl_type = ScalingImplType.CONST
    restrict_scaling_type = RestrictValueType.FP
    zero_point_impl = ZeroZeroPoint
    float_to_int_impl_type = FloatToIntImplType.ROUND
    scaling_per_output_channel = False
    narrow_range = True
    signed = True
    bit_width = 1
    quant_type = QuantType.BINARY


class _BinaryWeight(_Binary, WeightQuantSolver):  # type: ignore[misc]
    scaling_const = 1.0


class _BinaryAct(_Binary, ActQuantSolver):  # type: ignore[misc]
    min_val = -1.0
    max_val = 1.0


def export(layers: tuple[Layer, ...], weights: tuple[LayerWeights, ...], file: Path) -> None:
    """Write the model to ``file``. Input: (1, 3, 32, 32), integers 0 to 255. Output: (1, 4), the integer scores."""
    pixels = torch.zeros(1, CHANNELS, SIDE_PX, SIDE_PX)
    network = nn.Sequential(*_modules(layers, weights)).eval()
    # Without dynamo=False the fully connected layers become Gemm nodes, which qonnx does not support.
    export_qonnx(network, args=pixels, export_path=str(file), dynamo=False)
    # Without this annotation FINN assumes 32-bit floats. A Quant node would cost a layer of 255 thresholds.
    model = ModelWrapper(str(file))
    model.set_tensor_datatype(model.graph.input[0].name, DataType["UINT8"])
    model.save(str(file))


def _modules(layers: tuple[Layer, ...], weights: tuple[LayerWeights, ...]) -> list[nn.Module]:
    modules: list[nn.Module] = []
    channels = CHANNELS
    for index, (layer, parameters) in enumerate(zip(layers, weights)):
        if layer.kind == "conv":
            modules.append(
                _with_signs(
                    QuantConv2d(layer.inputs, layer.outputs, KERNEL, bias=False, weight_quant=_BinaryWeight),
                    _conv(parameters.bits, layer.inputs),
                )
            )
        else:
            signs = parameters.bits
            if layers[index - 1].kind == "conv":
                # Here Flatten is channels first; the rows of a bundle are channels last.
                modules.append(nn.Flatten())
                signs = signs.reshape(layer.outputs, -1, channels).transpose(0, 2, 1).reshape(layer.outputs, -1)
            modules.append(
                _with_signs(QuantLinear(layer.inputs, layer.outputs, bias=False, weight_quant=_BinaryWeight), signs)
            )
        channels = layer.outputs
        if parameters.thresholds is not None:
            modules += [_subtract(parameters.thresholds, layer.kind), QuantIdentity(act_quant=_BinaryAct)]
        if layer.pool:
            modules.append(nn.MaxPool2d(2))
    return modules


def _conv(bits: NDArray[np.bool_], inputs: int) -> NDArray[np.bool_]:
    return np.moveaxis(bits.reshape(len(bits), KERNEL, KERNEL, inputs), 3, 1)


def _with_signs(module: nn.Module, bits: NDArray[np.bool_]) -> nn.Module:
    module.weight.data = torch.from_numpy(np.where(bits, 1.0, -1.0).astype(np.float32))
    return module


def _subtract(thresholds: NDArray[np.int32], kind: str) -> nn.Module:
    norm = nn.BatchNorm2d(len(thresholds), eps=0.0) if kind == "conv" else nn.BatchNorm1d(len(thresholds), eps=0.0)
    norm.running_mean = torch.from_numpy(thresholds.astype(np.float32) - 0.5)
    return norm
