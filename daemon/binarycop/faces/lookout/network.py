"""The network of ``lookout`` as a table of layers, and its weights.

Anchor-free and fully convolutional, as FCOS (Tian et al. 2019): a head per stride says for each cell how likely a
face's centre is near, how far from the cell's middle, and how large the face is. Only convolutions, sums and ReLU.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.errors import FinderError

VALUES = 5
"""Of each cell: confidence before its sigmoid, offset x and y of the centre, width and height."""
COARSEST = 32
"""Frames are padded to multiples of this, in pixels."""
LEAST_CELLS = 2
"""Of that size, in each direction: OpenCV 4.10 is wrong by any amount where a depthwise layer sees a single column."""

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Layer:
    """A convolution with ReLU; depthwise where ``groups`` is the number of inputs. side, stride: in cells.

    adds: how many layers back the value was made that is added before the ReLU; 0 where none is.
    """

    inputs: int
    outputs: int
    side: int
    stride: int
    groups: int = 1
    adds: int = 0


@dataclass(frozen=True)
class Head:
    """A 1×1 convolution behind layer ``after``. stride_px: its cells' distance in the frame."""

    after: int
    stride_px: int

    @property
    def usual_px(self) -> float:
        """The side of the face for which the size values are zero."""
        return 3.0 * self.stride_px


def _pair(inputs: int, outputs: int, stride: int = 1) -> tuple[Layer, Layer]:
    """A depthwise convolution and a pointwise one (MobileNet, Howard et al. 2017)."""
    return Layer(inputs, inputs, 3, stride, groups=inputs), Layer(inputs, outputs, 1, 1)


def _more(channels: int) -> tuple[Layer, Layer]:
    """A pair that adds to what it was given (He et al. 2016): depth where cells are few costs little."""
    return Layer(channels, channels, 3, 1, groups=channels), Layer(channels, channels, 1, 1, adds=2)


LAYERS = (
    # Dense where channels are few: there, depthwise pairs take more time in OpenCV than they save.
    Layer(3, 8, 3, 2),
    Layer(8, 16, 3, 2),
    Layer(16, 40, 3, 2),
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
)
HEADS = (Head(8, 8), Head(18, 16), Head(26, 32))


def shapes() -> dict[str, tuple[int, ...]]:
    """The weights' names and shapes: (outputs, inputs per group, side, side), and (outputs,) for biases."""
    named: dict[str, tuple[int, ...]] = {}
    for at, one in enumerate(LAYERS):
        named[f"layer{at}.weight"] = one.outputs, one.inputs // one.groups, one.side, one.side
        named[f"layer{at}.bias"] = (one.outputs,)
    for at, head in enumerate(HEADS):
        named[f"head{at}.weight"] = VALUES, LAYERS[head.after].outputs, 1, 1
        named[f"head{at}.bias"] = (VALUES,)
    return named


def read_weights(file: Path) -> Weights:
    """Read the weights, kept in half precision, as float32. Raises FinderError where they are not this network's."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            weights = {name: stored[name].astype(np.float32) for name in stored.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise FinderError(f"finder lookout: cannot read its weights {file}: {error}") from error
    if {name: one.shape for name, one in weights.items()} != shapes():
        raise FinderError(f"finder lookout: {file} holds another network's weights; install the project anew")
    return weights
