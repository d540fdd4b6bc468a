"""Finds the compiled kernel for this processor."""

import ctypes
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from binarycop.classifier.native.layout import NativeNetwork
from binarycop.classifier.native.variants import SOURCE, this_machine, variants_of

_CPUINFO = Path("/proc/cpuinfo")
_FEATURES = ("flags", "Features")  # x86's and Arm's name of the line


class Kernel:
    """One compiled variant. Raises OSError if the library cannot be loaded.

    lanes: how many outputs it computes at once, which the layout of a network depends on.
    """

    def __init__(self, name: str, library: Path) -> None:
        self.name = name
        loaded = ctypes.CDLL(str(library))
        self.lanes = int(loaded.xnor_lanes())
        self._scores: Any = loaded.xnor_scores
        pointer, number = ctypes.c_void_p, ctypes.c_int32
        self._scores.argtypes = (pointer, number, pointer, number, pointer, pointer, number)
        self._scores.restype = None

    def scores(
        self, network: NativeNetwork, crops: NDArray[np.uint8], images: NDArray[np.uint8], out: NDArray[np.int32]
    ) -> None:
        """Write the scores of a batch.

        crops: (N, 32, 32, 3) uint8 RGB. images: 2·``image_bytes`` bytes of scratch memory. out: (N, outputs of the last
        layer) int32. All of them contiguous.
        """
        self._scores(
            ctypes.addressof(network.layers),
            len(network.layers),
            crops.ctypes.data,
            len(crops),
            out.ctypes.data,
            images.ctypes.data,
            network.image_bytes,
        )


def find_kernel(
    folder: Path = SOURCE.parent, machine: str | None = None, features: Iterable[str] | None = None
) -> Kernel | None:
    """The best kernel that is in the folder and that the processor can run, or None.

    machine, features: of this processor unless given. A library that cannot be loaded is passed over.
    """
    available = frozenset(processor_features() if features is None else features)
    for variant in variants_of(machine or this_machine()):
        library = folder / variant.file
        if variant.features <= available and library.is_file():
            try:
                return Kernel(variant.name, library)
            except OSError:
                continue
    return None


def processor_features() -> frozenset[str]:
    """What the first processor can do, in the kernel's words; nothing if the kernel does not list it."""
    try:
        text = _CPUINFO.read_text(encoding="ascii", errors="replace")
    except OSError:
        return frozenset()
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in _FEATURES:
            return frozenset(value.split())
    return frozenset()
