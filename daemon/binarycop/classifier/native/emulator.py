"""The accelerator's arithmetic on the CPU, bit-exact, by the compiled kernel."""

import numpy as np
from numpy.typing import NDArray

from binarycop.classifier.base import check_crops
from binarycop.classifier.native.kernel import Kernel
from binarycop.classifier.native.layout import NativeNetwork


class NativeEmulator:
    """A network on a compiled kernel: the backend ``emulator``, where there is one.

    engine: the kernel's variant, such as ``avx2``.
    """

    name = "emulator"

    def __init__(self, kernel: Kernel, network: NativeNetwork) -> None:
        self.engine = kernel.name
        self._kernel, self._network = kernel, network
        self._outputs = network.layers[len(network.layers) - 1].outputs
        self._images = np.zeros(2 * network.image_bytes, np.uint8)

    def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        """See ``Classifier.scores``."""
        check_crops(crops)
        out = np.empty((len(crops), self._outputs), np.int32)
        self._kernel.scores(self._network, np.ascontiguousarray(crops), self._images, out)
        return out

    def close(self) -> None:
        """See ``Classifier.close``. There is nothing to free."""
