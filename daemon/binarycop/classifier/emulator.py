"""The accelerator's arithmetic on the CPU, bit-exact, as matrix products of small integers.

An activation of ±1 is kept as the bit a in {0, 1}. Its dot product with weights w of ±1 is 2·sum(w·a) - sum(w), so the
threshold T becomes sum(w·a) >= (T + sum(w)) / 2, and max-pool becomes OR. All sums are below 2**24, where float32 is
exact, so the order in which BLAS adds does not matter.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from binarycop.bundle.files import Bundle, LayerWeights
from binarycop.bundle.manifest import KERNEL, Layer
from binarycop.classifier.base import check_crops

_MAX_BATCH = 8  # fits the cache; in batches of 64 a crop takes 1.6 times as long, one by one 1.1 times


class Emulator:
    """A bundle's network in numpy: the backend ``emulator`` where there is no compiled kernel."""

    name = "emulator"
    engine = "numpy"

    def __init__(self, bundle: Bundle) -> None:
        pairs = enumerate(zip(bundle.manifest.layers, bundle.weights))
        self._layers = [_LayerRunner(layer, weights, is_first=index == 0) for index, (layer, weights) in pairs]

    def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        """See ``Classifier.scores``."""
        check_crops(crops)
        parts = [self._run(crops[start : start + _MAX_BATCH]) for start in range(0, len(crops), _MAX_BATCH)]
        return np.concatenate(parts) if parts else np.empty((0, self._layers[-1].outputs), np.int32)

    def close(self) -> None:
        """See ``Classifier.close``. There is nothing to free."""

    def _run(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        values: NDArray[np.generic] = crops
        for layer in self._layers:
            values = layer.run(values)
        return values.astype(np.int32)


class _LayerRunner:
    """Runs one layer. Its weights are in the order that BLAS needs. Every batch uses the same scratch memory."""

    def __init__(self, layer: Layer, weights: LayerWeights, *, is_first: bool) -> None:
        signs = np.where(weights.bits, 1, -1).astype(np.float32)
        total = signs.sum(axis=1)
        self.outputs = layer.outputs
        self._is_conv, self._pool = layer.kind == "conv", layer.pool
        self._matrix = np.ascontiguousarray(signs.T)
        self._total = total
        self._threshold: NDArray[np.float32] | None = None
        if weights.thresholds is not None:
            min_sum = weights.thresholds.astype(np.float64)
            if not is_first:
                # The first layer's activations are pixels, all others are bits: see the module's docstring.
                min_sum = np.ceil((min_sum + total) / 2)
            # Sums are whole numbers, so "above the threshold less a half" is "at the threshold or above it".
            self._threshold = (min_sum - 0.5).astype(np.float32)
        self._columns: NDArray[np.float32] = np.empty((0,), np.float32)
        self._sums: NDArray[np.float32] = np.empty((0, 0), np.float32)

    def run(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        count = len(values)
        if self._is_conv:
            height, width = values.shape[1] - KERNEL + 1, values.shape[2] - KERNEL + 1
            matrix = self._im2col(values, height, width)
        else:
            matrix = values.reshape(count, -1).astype(np.float32)
        if len(self._sums) != len(matrix):
            self._sums = np.empty((len(matrix), self.outputs), np.float32)
        np.matmul(matrix, self._matrix, out=self._sums)
        if self._threshold is None:
            return np.asarray(2 * self._sums - self._total, np.float32)
        bits = self._sums > self._threshold
        if not self._is_conv:
            return bits
        image = bits.reshape(count, height, width, self.outputs)
        return _or_pool(image) if self._pool else image

    def _im2col(self, values: NDArray[np.generic], height: int, width: int) -> NDArray[np.float32]:
        """Every 3×3 window as a row. The three pixels of a window's row are adjacent, so they are copied at once."""
        values = np.ascontiguousarray(values)
        count, channels = len(values), values.shape[3]
        window_row = KERNEL * channels
        image_bytes, row_bytes, pixel_bytes, value_bytes = values.strides
        windows = as_strided(
            values,
            (count, height, width, KERNEL, window_row),
            (image_bytes, row_bytes, pixel_bytes, row_bytes, value_bytes),
            writeable=False,
        )
        if self._columns.shape != windows.shape:
            self._columns = np.empty(windows.shape, np.float32)
        np.copyto(self._columns, windows)
        return self._columns.reshape(count * height * width, KERNEL * window_row)


def _or_pool(image: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """2×2 max-pool of bits. An odd last row or column is left out, as in FINN's pooling."""
    height, width = image.shape[1] // 2 * 2, image.shape[2] // 2 * 2
    rows = image[:, 0:height:2] | image[:, 1:height:2]
    return rows[:, :, 0:width:2] | rows[:, :, 1:width:2]
