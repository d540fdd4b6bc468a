"""The two networks of ``lookout``, as tables of layers.

The proposal network is anchor-free and fully convolutional, like FCOS (Tian et al. 2019). It has a head at each stride.
For each cell, the head gives the confidence that a face's centre is near, the centre's offset from the cell's centre,
and the face's size. The refinement network sees one proposal at a time, always at one size, and gives the same outputs
for it: a second stage as in MTCNN (Zhang et al. 2016) or a cascade (Viola and Jones 2001). Both have only convolutions,
sums and ReLU.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OUTPUTS = 5
"""Outputs of each cell: confidence before its sigmoid, offset x and y of the centre, log of width and of height."""
MAX_STRIDE = 32
"""The sides of a padded frame are multiples of this, in pixels."""
MIN_CELLS = 2
"""Minimum padded size, in strides. OpenCV 4.10 miscomputes depthwise layers that are one column wide."""
ROI_PX = 48
"""Side of the refinement network's input, in pixels."""

Weights = Mapping[str, NDArray[np.float32]]
"""Weights and biases by their names in ``Network.shapes``."""


@dataclass(frozen=True)
class Conv:
    """A convolution with ReLU. It is depthwise if ``groups`` is the number of inputs.

    inputs, outputs: channels. kernel: side in cells. stride: in cells. skip: the output of this many layers before is
    added ahead of the ReLU; 0 adds nothing. is_padded: zeros around the input keep its size, divided by the stride.
    """

    inputs: int
    outputs: int
    kernel: int
    stride: int
    groups: int = 1
    skip: int = 0
    is_padded: bool = True

    @property
    def padding(self) -> int:
        """Zeros on each side, in cells."""
        return self.kernel // 2 if self.is_padded else 0


@dataclass(frozen=True)
class DetectionHead:
    """A 1×1 convolution after layer number ``after``. stride_px: distance of its cells in the frame."""

    after: int
    stride_px: int

    @property
    def reference_px(self) -> float:
        """Size of a face for which the size outputs are zero."""
        return 3.0 * self.stride_px


@dataclass(frozen=True)
class Network:
    """A chain of layers, and the heads that give its outputs. name: in the files of weights and provenance."""

    name: str
    layers: tuple[Conv, ...]
    heads: tuple[DetectionHead, ...]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of all weights, (outputs, inputs per group, side, side), and of all biases, (outputs,)."""
        shapes: dict[str, tuple[int, ...]] = {}
        for index, layer in enumerate(self.layers):
            shapes[f"layer{index}.weight"] = layer.outputs, layer.inputs // layer.groups, layer.kernel, layer.kernel
            shapes[f"layer{index}.bias"] = (layer.outputs,)
        for index, head in enumerate(self.heads):
            shapes[f"head{index}.weight"] = OUTPUTS, self.layers[head.after].outputs, 1, 1
            shapes[f"head{index}.bias"] = (OUTPUTS,)
        return shapes


def _pair(inputs: int, outputs: int, stride: int = 1) -> tuple[Conv, Conv]:
    """A depthwise and a pointwise convolution (MobileNet, Howard et al. 2017)."""
    return Conv(inputs, inputs, 3, stride, groups=inputs), Conv(inputs, outputs, 1, 1)


def _residual_pair(channels: int) -> tuple[Conv, Conv]:
    """A pair whose output is added to its input (ResNet, He et al. 2016)."""
    return Conv(channels, channels, 3, 1, groups=channels), Conv(channels, channels, 1, 1, skip=2)


PROPOSAL = Network(
    "proposal",
    (
        # Dense, not depthwise: with few channels, depthwise pairs are slower in OpenCV.
        Conv(3, 8, 3, 2),
        Conv(8, 16, 3, 2),
        Conv(16, 40, 3, 2),
        *_pair(40, 64),
        *_pair(64, 64),
        *_residual_pair(64),
        *_pair(64, 96, 2),
        *_pair(96, 96),
        *_residual_pair(96),
        *_residual_pair(96),
        *_residual_pair(96),
        *_pair(96, 128, 2),
        *_pair(128, 128),
        *_residual_pair(128),
        *_residual_pair(128),
    ),
    (DetectionHead(8, 8), DetectionHead(18, 16), DetectionHead(26, 32)),
)
REFINEMENT = Network(
    "refinement",
    (
        Conv(3, 12, 3, 2),
        Conv(12, 24, 3, 2),
        *_pair(24, 48),
        *_pair(48, 64, 2),
        *_residual_pair(64),
        *_pair(64, 96, 2),
        *_residual_pair(96),
        Conv(96, 96, 3, 1, is_padded=False),
    ),
    (DetectionHead(12, ROI_PX),),
)
