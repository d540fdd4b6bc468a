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

LINE_BYTES = 64  # of the processor's cache
_SIGNED_IMAGE = (SIDE_PX + 1) * SIDE_PX  # pixels; the last row is only read
_HALF = 16  # a pixel has room for a multiple of 16 outputs
_SIGNS = 8  # ways to add or subtract red, green and blue
_READ_BEYOND = 8  # bytes
_LIMITS = np.iinfo(np.int16)


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
class Form:
    """How a variant of the kernel takes weights: its ``xnor_layout``.

    lanes: outputs that it computes at once. step_bytes: of a window, which it compares at once. triples: whether it
    takes the three rows of a convolution's window as (first, second, XOR of all). nibbles: whether it takes the lower
    and the upper half of a byte apart. tables: whether the first layer takes places in tables of four pixels, not in
    images.
    """

    lanes: int
    step_bytes: int
    triples: bool
    nibbles: bool
    tables: bool


@dataclass(frozen=True)
class _Image:
    """What a layer takes. side: in pixels. channels, pixel_bytes: of one pixel."""

    side: int
    channels: int
    pixel_bytes: int


@dataclass(frozen=True)
class NativeNetwork:
    """A network as the kernel takes it.

    layers: ``struct layer`` for each layer; their pointers lead into ``arrays``. image_bytes: room for the largest
    image that a layer gives or takes. numbers: how many the first layer needs.
    """

    layers: "ctypes.Array[_CLayer]"
    arrays: tuple[NDArray[Any], ...]
    image_bytes: int
    numbers: int


def layout(bundle: Bundle, form: Form) -> NativeNetwork | None:
    """The network for a kernel of this form. None if the kernel cannot take it.

    It needs a convolution first, and no layer with more inputs than a distance of 16 bits can count.
    """
    layers, last = bundle.manifest.layers, len(bundle.manifest.layers) - 1
    if layers[0].kind != "conv" or any(layer.fan_in >= _LIMITS.max for layer in layers):
        return None
    image = _Image(SIDE_PX, CHANNELS, CHANNELS)
    packed: list[_CLayer] = []
    arrays: list[NDArray[Any]] = []
    image_bytes = 0
    for index, (layer, weights) in enumerate(zip(layers, bundle.weights)):
        is_conv = layer.kind == "conv"
        kind = _Kind.FIRST if index == 0 else _Kind.CONV if is_conv else _Kind.SCORES if index == last else _Kind.DENSE
        arranged = _first(layer, weights, form) if kind is _Kind.FIRST else _steps(layer, weights, image, form)
        blocks = len(arranged)
        limits = _limits(layer, weights, kind, blocks * (form.lanes if kind else _HALF))
        pointers = arranged.ctypes.data, limits.ctypes.data
        sizes = image.side, image.pixel_bytes, layer.pool, layer.fan_in, blocks, layer.outputs
        packed.append(_CLayer(kind, *sizes, *pointers))
        arrays += [arranged, limits]
        unpooled = image.side - KERNEL + 1 if is_conv else 1
        image = _Image(unpooled // (2 if layer.pool else 1), layer.outputs, _room(layer.outputs) // 8)
        pixels = unpooled**2, 2 * image.side**2  # before pooling; then with its plane
        image_bytes = max(image_bytes, max(pixels) * image.pixel_bytes + _READ_BEYOND)
    return NativeNetwork((_CLayer * len(packed))(*packed), tuple(arrays), image_bytes, _SIGNS * _SIGNED_IMAGE)


def _room(outputs: int) -> int:
    """The outputs that a pixel has room for."""
    return -(-outputs // _HALF) * _HALF


def _first(layer: Layer, weights: LayerWeights, form: Form) -> NDArray[Any]:
    """What the first layer takes for its weights, with a first axis of blocks; see the kernel's ``first_layer``."""
    room = _room(layer.outputs)
    bits = np.zeros((room, KERNEL, KERNEL, CHANNELS), np.int32)
    bits[: layer.outputs] = weights.bits.reshape(layer.outputs, KERNEL, KERNEL, CHANNELS)
    y, x = np.mgrid[:KERNEL, :KERNEL]
    signs = bits @ np.array([1, 2, 4])
    if form.tables:
        of_window = (signs + _SIGNS * x).reshape(-1, 1, _HALF, KERNEL * KERNEL).transpose(0, 3, 1, 2)
        return aligned(np.concatenate([of_window, of_window + _SIGNS], axis=2).astype(np.uint16))
    places = signs * _SIGNED_IMAGE + y * SIDE_PX + x
    return aligned(places.reshape(-1, _HALF, KERNEL * KERNEL).astype(np.int32))


def _steps(layer: Layer, weights: LayerWeights, image: _Image, form: Form) -> NDArray[np.uint8]:
    """The weights, uint8 with a first axis of blocks and last ones of lanes and the bytes of a step.

    Each row of a window is filled up to whole steps.
    """
    rows, columns = (KERNEL, KERNEL) if layer.kind == "conv" else (1, image.side * image.side)
    bits = weights.bits.reshape(layer.outputs, rows, columns, image.channels)
    of_pixel = np.packbits(bits, axis=3, bitorder="little")
    blocks, row_bytes = -(-_room(layer.outputs) // form.lanes), columns * image.pixel_bytes
    pixels = np.zeros((blocks * form.lanes, rows, columns, image.pixel_bytes), np.uint8)
    pixels[: layer.outputs, :, :, : of_pixel.shape[3]] = of_pixel
    filled = np.zeros((blocks * form.lanes, rows, -(-row_bytes // form.step_bytes) * form.step_bytes), np.uint8)
    filled[:, :, :row_bytes] = pixels.reshape(blocks * form.lanes, rows, row_bytes)
    steps = filled.reshape(blocks, form.lanes, -1, form.step_bytes)
    steps = steps.transpose(0, 2, 1, 3)
    if form.triples and layer.kind == "conv":
        of_rows = steps.reshape(blocks, rows, -1, form.lanes, form.step_bytes)
        of_plane = np.bitwise_xor.reduce(of_rows, axis=1, keepdims=True)
        steps = np.concatenate([of_rows[:, :2], of_plane], axis=1).transpose(0, 2, 1, 3, 4)
    if form.nibbles:
        steps = np.concatenate([steps & 15, steps >> 4], axis=2)
    return aligned(steps)


def aligned(array: NDArray[Any]) -> NDArray[Any]:
    """A contiguous copy that begins where a line of the cache does: loads across two lines take longer."""
    memory = np.empty(array.nbytes + LINE_BYTES, np.uint8)
    begin = -memory.ctypes.data % LINE_BYTES
    copy = memory[begin : begin + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def _limits(layer: Layer, weights: LayerWeights, kind: _Kind, room: int) -> NDArray[np.int16]:
    """The largest distance at which each output is 1, (room,) int16; of the first layer the smallest sum."""
    limits = np.full(room, _LIMITS.max if kind is _Kind.FIRST else -1, np.int16)
    if weights.thresholds is not None:
        sums = weights.thresholds.astype(np.int64)
        of_output = sums if kind is _Kind.FIRST else (layer.fan_in - sums) // 2
        limits[: layer.outputs] = np.clip(of_output, _LIMITS.min, _LIMITS.max)
    return limits
