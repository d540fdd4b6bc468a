"""A bundle's weights and thresholds in the order that the kernel reads them."""

import ctypes
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from binarycop.bundle.files import Bundle, LayerWeights
from binarycop.bundle.manifest import CHANNELS, KERNEL, Layer
from binarycop.geometry import SIDE_PX

_WORD_BYTES = 4
_NEVER = np.iinfo(np.int32).min


class _Kind(IntEnum):
    """``enum kind`` of the kernel."""

    FIRST = 0
    CONV = 1
    DENSE = 2
    SCORES = 3


class _CLayer(ctypes.Structure):
    """``struct layer`` of the kernel."""

    _fields_ = (
        ("kind", ctypes.c_int32),
        ("side", ctypes.c_int32),
        ("pixel_bytes", ctypes.c_int32),
        ("pools", ctypes.c_int32),
        ("fan_in", ctypes.c_int32),
        ("blocks", ctypes.c_int32),
        ("outputs", ctypes.c_int32),
        ("weights", ctypes.c_void_p),
        ("limits", ctypes.c_void_p),
    )


@dataclass(frozen=True)
class _Image:
    """What a layer takes. side: in pixels. channels, pixel_bytes: of one pixel."""

    side: int
    channels: int
    pixel_bytes: int


@dataclass(frozen=True)
class NativeNetwork:
    """A network as the kernel takes it.

    layers: ``struct layer`` for each layer; their pointers lead into ``arrays``. image_bytes: the size of the largest
    image between two layers.
    """

    layers: "ctypes.Array[_CLayer]"
    arrays: tuple[NDArray[Any], ...]
    image_bytes: int


def layout(bundle: Bundle, lanes: int) -> NativeNetwork | None:
    """The network for a kernel of ``lanes`` lanes. None if its first layer is no convolution; the kernel needs one."""
    layers, last = bundle.manifest.layers, len(bundle.manifest.layers) - 1
    if layers[0].kind != "conv":
        return None
    image = _Image(SIDE_PX, CHANNELS, CHANNELS)
    packed: list[_CLayer] = []
    arrays: list[NDArray[Any]] = []
    image_bytes = 0
    for index, (layer, weights) in enumerate(zip(layers, bundle.weights)):
        is_conv = layer.kind == "conv"
        kind = _Kind.FIRST if index == 0 else _Kind.CONV if is_conv else _Kind.SCORES if index == last else _Kind.DENSE
        words, limits = _words(layer, weights, image, kind, lanes), _limits(layer, weights, kind, lanes)
        blocks = len(words)
        pointers = words.ctypes.data, limits.ctypes.data
        sizes = image.side, image.pixel_bytes, layer.pool, layer.fan_in, blocks, layer.outputs
        packed.append(_CLayer(kind, *sizes, *pointers))
        arrays += [words, limits]
        side = (image.side - KERNEL + 1) // (2 if layer.pool else 1) if is_conv else 1
        image = _Image(side, layer.outputs, blocks * lanes // 8)
        image_bytes = max(image_bytes, side * side * image.pixel_bytes)
    return NativeNetwork((_CLayer * len(packed))(*packed), tuple(arrays), image_bytes)


def _words(layer: Layer, weights: LayerWeights, image: _Image, kind: _Kind, lanes: int) -> NDArray[np.uint32]:
    """The weights, (blocks, words of a window, lanes) uint32. Each row of a window is filled up to whole words."""
    rows, columns = (KERNEL, KERNEL) if layer.kind == "conv" else (1, image.side * image.side)
    bits = weights.bits.reshape(layer.outputs, rows, columns, image.channels)
    if kind is _Kind.FIRST:
        of_pixel = np.where(bits, np.uint8(255), np.uint8(0))
    else:
        of_pixel = np.packbits(bits, axis=3, bitorder="little")
    blocks, row_bytes = -(-layer.outputs // lanes), columns * image.pixel_bytes
    pixels = np.zeros((blocks * lanes, rows, columns, image.pixel_bytes), np.uint8)
    pixels[: layer.outputs, :, :, : of_pixel.shape[3]] = of_pixel
    filled = np.zeros((blocks * lanes, rows, -(-row_bytes // _WORD_BYTES) * _WORD_BYTES), np.uint8)
    filled[:, :, :row_bytes] = pixels.reshape(blocks * lanes, rows, row_bytes)
    # The kernel reads a window's bytes as words of the machine.
    words = filled.reshape(blocks * lanes, -1).view(np.uint32).reshape(blocks, lanes, -1)
    return np.ascontiguousarray(words.transpose(0, 2, 1))


def _limits(layer: Layer, weights: LayerWeights, kind: _Kind, lanes: int) -> NDArray[np.int32]:
    """The largest distance at which each output is 1, (blocks·lanes,) int32; see the kernel's first comment."""
    limits = np.full(-(-layer.outputs // lanes) * lanes, _NEVER, np.int32)
    if weights.thresholds is not None:
        thresholds = weights.thresholds.astype(np.int64)
        if kind is _Kind.FIRST:
            largest = 255 * weights.bits.sum(axis=1) - thresholds
        else:
            largest = (layer.fan_in - thresholds) // 2
        limits[: layer.outputs] = np.clip(largest, _NEVER, np.iinfo(np.int32).max)
    return limits
