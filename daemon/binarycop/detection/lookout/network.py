"""The two networks of ``lookout`` as tables of layers.

The survey is anchor-free and fully convolutional, as FCOS (Tian et al. 2019): a head per stride says for each cell how
likely a face's centre is near, how far from the cell's middle, and how large the face is. The inspection sees one
place, always at the same size, and says the same of it (a second stage, as in Viola and Jones 2001 or Zhang et al.
2016). Only convolutions, sums and ReLU.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OUTPUTS = 5
"""Of each cell: confidence before its sigmoid, offset x and y of the centre, width and height."""
MAX_STRIDE = 32
"""Frames are padded to multiples of this, in pixels."""
MIN_CELLS = 2
"""Of that size, in each direction: OpenCV 4.10 is wrong by any amount where a depthwise layer sees a single column."""
ROI_PX = 48
"""Side of the square that the inspection sees."""

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Conv:
    """A convolution with ReLU; depthwise where ``groups`` is the number of inputs. side, stride: in cells.

    skip: how many layers back the value was made that is added before the ReLU; 0 where none is. is_padded: as many
    zeros around as keep the cells; without, a layer as large as its input leaves one cell.
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
    """A 1×1 convolution behind layer ``after``. stride_px: its cells' distance in the frame."""

    after: int
    stride_px: int

    @property
    def reference_px(self) -> float:
        """The side of the face for which the size values are zero."""
        return 3.0 * self.stride_px


@dataclass(frozen=True)
class Network:
    """A row of layers and what is read from it."""

    name: str
    layers: tuple[Conv, ...]
    heads: tuple[DetectionHead, ...]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The weights' names and shapes: (outputs, inputs per group, side, side), and (outputs,) for biases."""
        named: dict[str, tuple[int, ...]] = {}
        for at, one in enumerate(self.layers):
            named[f"layer{at}.weight"] = one.outputs, one.inputs // one.groups, one.kernel, one.kernel
            named[f"layer{at}.bias"] = (one.outputs,)
        for at, head in enumerate(self.heads):
            named[f"head{at}.weight"] = OUTPUTS, self.layers[head.after].outputs, 1, 1
            named[f"head{at}.bias"] = (OUTPUTS,)
        return named


def _pair(inputs: int, outputs: int, stride: int = 1) -> tuple[Conv, Conv]:
    """A depthwise convolution and a pointwise one (MobileNet, Howard et al. 2017)."""
    return Conv(inputs, inputs, 3, stride, groups=inputs), Conv(inputs, outputs, 1, 1)


def _more(channels: int) -> tuple[Conv, Conv]:
    """A pair that adds to what it was given (He et al. 2016): depth where cells are few costs little."""
    return Conv(channels, channels, 3, 1, groups=channels), Conv(channels, channels, 1, 1, skip=2)


PROPOSAL = Network(
    "survey",
    (
        # Dense where channels are few: there, depthwise pairs take more time in OpenCV than they save.
        Conv(3, 8, 3, 2),
        Conv(8, 16, 3, 2),
        Conv(16, 40, 3, 2),
        *_pair(40, 64),
        *_pair(64, 64),
        *_more(64),
        *_pair(64, 96, 2),
        *_pair(96, 96),
        *_more(96),
        *_more(96),
        *_more(96),
        *_pair(96, 128, 2),
        *_pair(128, 128),
        *_more(128),
        *_more(128),
    ),
    (DetectionHead(8, 8), DetectionHead(18, 16), DetectionHead(26, 32)),
)
REFINEMENT = Network(
    "inspection",
    (
        Conv(3, 12, 3, 2),
        Conv(12, 24, 3, 2),
        *_pair(24, 48),
        *_pair(48, 64, 2),
        *_more(64),
        *_pair(64, 96, 2),
        *_more(96),
        Conv(96, 96, 3, 1, is_padded=False),
    ),
    (DetectionHead(12, ROI_PX),),
)
