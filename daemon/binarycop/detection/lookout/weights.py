"""Reads the weights of both networks from one file, where they are int8 levels with a scale for each output."""

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.lookout.network import Network, Weights
from binarycop.errors import DetectorError

LEVEL_MAX = 127
"""The largest level; the smallest is its negative."""
ARRAYS = ("levels", "scales", "biases")
"""The arrays of each network, flat and in the order of its layers: int8 levels; float32 scale and bias per output."""


def read_weights(file: Path, network: Network) -> Weights:
    """Read one network's weights as float32. Raises DetectorError if the file does not have them."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            arrays = [stored[key] for key in keys(network)]
    except KeyError:
        arrays = []
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DetectorError(f"detector lookout: cannot read its weights {file}: {error}") from error
    shapes = network.shapes()
    outputs = sum(shape[0] for name, shape in shapes.items() if name.endswith(".bias"))
    counts = [sum(int(np.prod(shape)) for shape in shapes.values()) - outputs, outputs, outputs]
    dtypes = [np.dtype(dtype) for dtype in (np.int8, np.float32, np.float32)]
    if [array.shape for array in arrays] != [(count,) for count in counts] or [a.dtype for a in arrays] != dtypes:
        raise DetectorError(f"detector lookout: {file} holds another network's weights; install the project again")
    levels, scales, biases = arrays
    weights: dict[str, NDArray[np.float32]] = {}
    offset = channel = 0
    for name, shape in shapes.items():
        if name.endswith(".bias"):
            weights[name] = biases[channel : channel + shape[0]]
            channel += shape[0]
            continue
        count = int(np.prod(shape))
        scale = scales[channel : channel + shape[0]].reshape(-1, 1, 1, 1)
        weights[name] = levels[offset : offset + count].reshape(shape).astype(np.float32) * scale
        offset += count
    return weights


def keys(network: Network) -> list[str]:
    """The names of a network's ``ARRAYS`` in the file."""
    return [f"{network.name}.{array}" for array in ARRAYS]
