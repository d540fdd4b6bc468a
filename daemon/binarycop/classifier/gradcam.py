"""Where a network looks: Grad-CAM on the output of conv2_2, in numpy, from a bundle alone.

Selvaraju et al., ICCV 2017, equations 1 and 2; BinaryCoP paper, section IV-C. The heat of a class is the sum of the
layer's 5×5 feature maps, each weighted by the mean gradient of the class's score, with negative values set to zero.

The maps are ±1, and gradients pass a sign where its input is less than a deviation from the threshold (the
straight-through estimator of the training). A bundle has no deviations, so they are measured on its golden inputs, as
``overlays/export/torch_network.py`` does. ``overlays.explain`` gives the same maps with torch.
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from binarycop.bundle.files import Bundle, LayerWeights
from binarycop.bundle.manifest import KERNEL, Layer
from binarycop.classes import MaskClass
from binarycop.classifier.base import check_crops

CONV2_2 = 3
"""The index of the layer in every network of the paper."""
CELLS = 5
STEP_PX, FIRST_PX = 4, 7.5
"""The middle of cell k is at ``FIRST_PX + k * STEP_PX`` pixels of the crop: it sees 16×16 pixels around it."""

_BATCH = 8  # CNV's second layer takes 14 MB of windows for so many crops
_MIN_DEVIATION = 0.5  # of a channel that hardly changes: half a step of its threshold

_Floats = NDArray[np.float32]


class GradCam:
    """The heat maps of one bundle's network. Making it runs the golden inputs through the network once.

    Raises ValueError if the network has no 5×5 maps after its fourth convolution.
    """

    def __init__(self, bundle: Bundle) -> None:
        layers = [_LayerMaths(layer, weights) for layer, weights in zip(bundle.manifest.layers, bundle.weights)]
        self._body, self._tail = layers[: CONV2_2 + 1], layers[CONV2_2 + 1 :]
        if not self._tail or any(layer.pool for layer in self._tail):
            raise ValueError(f"{bundle.manifest.name} is not built as the paper's networks are: no map is known")
        self._measure_deviations(bundle.golden_inputs)

    def heat(self, crops: NDArray[np.uint8], classes: Sequence[MaskClass]) -> _Floats:
        """The heat of a class in each crop, (N, 5, 5), scaled to 0 to 1 in each map; all 0 if nothing supports it.

        crops: (N, 32, 32, 3) uint8 RGB. classes: one for each. Raises ValueError for anything else.
        """
        check_crops(crops)
        if len(classes) != len(crops):
            raise ValueError(f"there are {len(crops)} crops, but {len(classes)} classes")
        maps = np.zeros((len(crops), CELLS, CELLS), np.float32)
        for index, (crop, mask_class) in enumerate(zip(crops, classes)):
            maps[index] = self._map(crop, mask_class)
        most = maps.max(axis=(1, 2), keepdims=True)
        return np.asarray(maps / np.where(most > 0, most, 1), np.float32)

    def _map(self, crop: NDArray[np.uint8], mask_class: MaskClass) -> _Floats:
        features = self._features(crop[None])
        values, inputs, levels = features, [], []
        for layer in self._tail:
            inputs.append(values)
            levels.append(layer.level(layer.sums(values)))
            values = _sign(levels[-1])
        gradient = np.zeros_like(levels[-1])
        gradient[..., mask_class] = 1
        for layer, given, level in zip(reversed(self._tail), reversed(inputs), reversed(levels)):
            gradient = layer.gradient(gradient, given, level)
        weights = gradient.mean(axis=(1, 2), keepdims=True)
        return np.asarray(np.maximum((weights * features).sum(axis=3)[0], 0), np.float32)

    def _features(self, crops: NDArray[np.uint8]) -> _Floats:
        """The output of conv2_2 after its pool, (N, 5, 5, C) of ±1."""
        values = crops.astype(np.float32)
        for layer in self._body:
            signs = _sign(layer.level(layer.sums(values)))
            values = _pool(signs) if layer.pool else signs
        if values.shape[1:3] != (CELLS, CELLS):
            raise ValueError(f"the maps of the fourth layer are {values.shape[1:3]}, not ({CELLS}, {CELLS})")
        return values

    def _measure_deviations(self, crops: NDArray[np.uint8]) -> None:
        """Measure the standard deviation of each channel of the layers behind conv2_2, except the last."""
        totals = [(0, np.zeros(layer.outputs), np.zeros(layer.outputs)) for layer in self._tail[:-1]]
        for start in range(0, len(crops), _BATCH):
            values = self._features(crops[start : start + _BATCH])
            for index, layer in enumerate(self._tail[:-1]):
                sums = layer.sums(values)
                flat = sums.reshape(-1, layer.outputs).astype(np.float64)
                count, total, squares = totals[index]
                totals[index] = count + len(flat), total + flat.sum(axis=0), squares + (flat**2).sum(axis=0)
                values = _sign(layer.level(sums))
        for layer, (count, total, squares) in zip(self._tail, totals):
            variance = (squares - total**2 / count) / (count - 1)
            layer.deviation = np.maximum(np.sqrt(np.maximum(variance, 0)), _MIN_DEVIATION).astype(np.float32)


class _LayerMaths:
    """One layer forwards and backwards. Values are (N, H, W, C) float32; H and W are 1 after a fully connected one."""

    def __init__(self, layer: Layer, weights: LayerWeights) -> None:
        self.outputs, self.pool = layer.outputs, layer.pool
        self._is_conv, self._inputs = layer.kind == "conv", layer.inputs
        self._signs = np.where(weights.bits, 1, -1).astype(np.float32)
        self._thresholds = None if weights.thresholds is None else weights.thresholds.astype(np.float32)
        self.deviation: _Floats = np.ones(layer.outputs, np.float32)

    def sums(self, values: _Floats) -> _Floats:
        """The sums of products, (N, H, W, outputs)."""
        if not self._is_conv:
            return np.asarray((values.reshape(len(values), -1) @ self._signs.T)[:, None, None], np.float32)
        windows = sliding_window_view(values, (KERNEL, KERNEL), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
        count, height, width = windows.shape[:3]
        rows = windows.reshape(count * height * width, -1)
        return np.asarray((rows @ self._signs.T).reshape(count, height, width, self.outputs), np.float32)

    def level(self, sums: _Floats) -> _Floats:
        """How far the sums are above the threshold, in deviations; of the last layer, the scores themselves."""
        if self._thresholds is None:
            return sums
        return np.asarray((sums - (self._thresholds - np.float32(0.5))) / self.deviation, np.float32)

    def gradient(self, gradient: _Floats, given: _Floats, level: _Floats) -> _Floats:
        """The gradient of a score with respect to this layer's input, from that with respect to its output."""
        if self._thresholds is not None:
            gradient = gradient * (np.abs(level) < 1) / self.deviation
        if not self._is_conv:
            return np.asarray((gradient.reshape(len(given), -1) @ self._signs).reshape(given.shape), np.float32)
        back = np.zeros_like(given)
        height, width = gradient.shape[1:3]
        kernel = self._signs.reshape(self.outputs, KERNEL, KERNEL, self._inputs)
        for down in range(KERNEL):
            for right in range(KERNEL):
                back[:, down : down + height, right : right + width] += gradient @ kernel[:, down, right]
        return back


def _sign(level: _Floats) -> _Floats:
    return np.asarray(np.where(level >= 0, 1, -1), np.float32)


def _pool(values: _Floats) -> _Floats:
    """2×2 max-pool. An odd last row or column is left out."""
    height, width = values.shape[1] // 2 * 2, values.shape[2] // 2 * 2
    rows = np.maximum(values[:, 0:height:2], values[:, 1:height:2])
    return np.asarray(np.maximum(rows[:, :, 0:width:2], rows[:, :, 1:width:2]), np.float32)
