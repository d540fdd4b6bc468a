"""Finds the compiled kernel for this processor."""

import ctypes
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from binarycop.classifier.native.layout import Form, NativeNetwork
from binarycop.classifier.native.variants import SOURCE, this_machine, variants_of

_CPUINFO = Path("/proc/cpuinfo")
_FEATURES = ("flags", "Features")  # x86's and Arm's name of the line


class _CNetwork(ctypes.Structure):
    """``struct network`` of the kernel."""

    _fields_ = (
        ("layers", ctypes.c_void_p),
        ("numbers", ctypes.c_void_p),
        ("images", ctypes.c_void_p),
        ("crops", ctypes.c_void_p),
        ("scores", ctypes.c_void_p),
        ("layer_count", ctypes.c_int32),
        ("image_bytes", ctypes.c_int32),
    )


class Kernel:
    """One compiled variant.

    Raises OSError if the library cannot be loaded, ValueError if it was compiled from an older source.

    form: how it takes the weights of a network. area_mean, halve: see area_mean.c and halve.c.
    """

    def __init__(self, name: str, library: Path) -> None:
        self.name = name
        loaded = ctypes.CDLL(str(library))
        lanes, step_bytes, triples, nibbles, tables = (ctypes.c_int32 * 5).in_dll(loaded, "xnor_layout")
        self.form = Form(lanes, step_bytes, bool(triples), bool(nibbles), bool(tables))
        if not hasattr(loaded, "halve"):
            raise ValueError("the library has no halve")
        self._scores: Any = loaded.xnor_scores
        self.area_mean: Any = loaded.area_mean
        self.halve: Any = loaded.halve
        pointer, number = ctypes.c_void_p, ctypes.c_int32
        self._scores.argtypes = (pointer, number)
        self._scores.restype = None
        # Picture, stride, width, height; result, stride, width, height; scratch memory.
        self.area_mean.argtypes = (*(pointer, number, number, number) * 2, pointer)
        self.halve.argtypes = (pointer, number, pointer, number, number, number, pointer)
        self.area_mean.restype = self.halve.restype = None

    def bind(
        self,
        network: NativeNetwork,
        numbers: NDArray[np.int16],
        images: NDArray[np.uint8],
        crops: NDArray[np.uint8],
        scores: NDArray[np.int32],
    ) -> Callable[[int], None]:
        """The function that writes the scores of the first N crops. The network and the arrays must outlive it.

        numbers, images: scratch memory, ``numbers`` and at least 2·``image_bytes`` of the network, all 0 at first.
        crops: (most, 32, 32, 3) uint8 RGB. scores: (most, outputs of the last layer) int32. All of them contiguous.
        Their addresses are found here, once: numpy takes longer to tell one than the kernel takes for a small layer.
        """
        pointers = (array.ctypes.data for array in (numbers, images, crops, scores))
        sizes = len(network.layers), images.nbytes // 2
        return partial(self._scores, ctypes.byref(_CNetwork(ctypes.addressof(network.layers), *pointers, *sizes)))


def find_kernel(
    folder: Path = SOURCE.parent, machine: str | None = None, features: Iterable[str] | None = None
) -> Kernel | None:
    """The best kernel that is in the folder and that the processor can run, or None.

    machine, features: of this processor unless given. A library that cannot be loaded, or is older than
    its source, is passed over.
    """
    available = frozenset(processor_features() if features is None else features)
    for variant in variants_of(machine or this_machine()):
        library = folder / variant.file
        if variant.features <= available and library.is_file():
            try:
                return Kernel(variant.name, library)
            except (OSError, ValueError):
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
