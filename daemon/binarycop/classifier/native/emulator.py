"""The accelerator's arithmetic on the CPU, bit-exact, by the compiled kernel."""

import numpy as np
from numpy.typing import NDArray

from binarycop.bundle.manifest import CHANNELS
from binarycop.classifier.base import check_crops
from binarycop.classifier.native.kernel import Kernel
from binarycop.classifier.native.layout import LINE_BYTES, NativeNetwork, aligned
from binarycop.geometry import SIDE_PX

_AT_ONCE = 16  # crops, as many as stay in the processor's cache


class NativeEmulator:
    """A network on a compiled kernel: the backend ``emulator``, where there is one.

    engine: the kernel's variant, such as ``avx2``.
    """

    name = "emulator"

    def __init__(self, kernel: Kernel, network: NativeNetwork) -> None:
        self.engine = kernel.name
        self._network = network  # the kernel reads its arrays
        outputs = network.layers[len(network.layers) - 1].outputs
        crop_bytes = SIDE_PX * SIDE_PX * CHANNELS
        image_bytes = -(-network.image_bytes // LINE_BYTES) * LINE_BYTES
        sizes = 2 * network.numbers, 2 * image_bytes, 4 * outputs * _AT_ONCE, crop_bytes * _AT_ONCE
        self._memory = aligned(np.zeros(sum(sizes), np.uint8))
        numbers, images, scores, crops = np.split(self._memory, np.cumsum(sizes)[:-1])
        self._scores = scores.view(np.int32).reshape(_AT_ONCE, outputs)
        self._crops = crops.reshape(_AT_ONCE, SIDE_PX, SIDE_PX, CHANNELS)
        self._compute = kernel.bind(network, numbers.view(np.int16), images, self._crops, self._scores)
        # What the kernel has written when it has computed 0, 1, 2, … crops.
        self._used = [self._memory[: len(self._memory) - crop_bytes * left] for left in range(_AT_ONCE, -1, -1)]

    def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        """See ``Classifier.scores``."""
        check_crops(crops)
        out = np.empty((len(crops), self._scores.shape[1]), np.int32)
        for begin in range(0, len(crops), _AT_ONCE):
            some = crops[begin : begin + _AT_ONCE]
            count = len(some)
            self._crops[:count] = some
            self._compute(count)
            out[begin : begin + count] = self._scores[:count]
            self._used[count].fill(0)  # no crop stays in memory until the next person comes
        return out

    def close(self) -> None:
        """See ``Classifier.close``. There is nothing to free."""
