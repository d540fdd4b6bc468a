"""The weights of both networks in one file: bytes, with a scale per output channel."""

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.lookout.network import Network, Weights
from binarycop.errors import DetectorError

LEVEL_MAX = 127
"""The largest level of a weight, either way."""
ARRAYS = ("levels", "scales", "biases")
"""Of a network, each in one row and in the order of its layers: int8 levels, float32 scales and biases per output."""


def read_weights(file: Path, network: Network) -> Weights:
    """Read one network's weights as float32. Raises DetectorError where the file has none that fit it."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            rows = [stored[key] for key in keys(network)]
    except KeyError:
        rows = []
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DetectorError(f"finder lookout: cannot read its weights {file}: {error}") from error
    shapes = network.shapes()
    outputs = sum(shape[0] for name, shape in shapes.items() if name.endswith(".bias"))
    counts = [sum(int(np.prod(shape)) for shape in shapes.values()) - outputs, outputs, outputs]
    kinds = [np.dtype(kind) for kind in (np.int8, np.float32, np.float32)]
    if [one.shape for one in rows] != [(count,) for count in counts] or [one.dtype for one in rows] != kinds:
        raise DetectorError(f"finder lookout: {file} holds another network's weights; install the project anew")
    levels, scales, biases = rows
    weights: dict[str, NDArray[np.float32]] = {}
    at = channel = 0
    for name, shape in shapes.items():
        if name.endswith(".bias"):
            weights[name] = biases[channel : channel + shape[0]]
            channel += shape[0]
            continue
        count = int(np.prod(shape))
        scale = scales[channel : channel + shape[0]].reshape(-1, 1, 1, 1)
        weights[name] = levels[at : at + count].reshape(shape).astype(np.float32) * scale
        at += count
    return weights


def keys(network: Network) -> list[str]:
    """The names in the file of a network's ``ARRAYS``."""
    return [f"{network.name}.{part}" for part in ARRAYS]
