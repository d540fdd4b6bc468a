"""FINN's packing of numbers into DMA words.

Element i of the innermost (folded) dimension is in the bits [i·w, (i+1)·w) of a little-endian word, which is padded to
whole bytes. FINN's driver does the same with ``finnpy_to_packed_bytearray``, reverse_endian and reverse_inner set.
For UINT8 and INT8 the bytes do not change.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_INTEGER = re.compile(r"(U?)INT([1-9][0-9]?)")
_MAX_BITS = 32


@dataclass(frozen=True)
class NumberType:
    """A FINN data type of whole numbers. bipolar: -1 and +1, packed as the bits 0 and 1."""

    bits: int
    signed: bool
    bipolar: bool = False

    @property
    def min(self) -> int:
        """The smallest number of the type."""
        return -1 if self.bipolar else -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def max(self) -> int:
        """The largest number of the type."""
        return 1 if self.bipolar else (1 << (self.bits - int(self.signed))) - 1

    def word_bytes(self, count: int) -> int:
        """The size of a word of ``count`` numbers in bytes."""
        return -(-count * self.bits // 8)


def number_type(name: str) -> NumberType:
    """The type that FINN calls ``name``, e.g. ``INT11``. Raises ValueError if it is no integer of 1 to 32 bits."""
    if name in ("BIPOLAR", "BINARY"):
        return NumberType(1, signed=False, bipolar=name == "BIPOLAR")
    match = _INTEGER.fullmatch(name)
    if match is None or int(match[2]) > _MAX_BITS:
        raise ValueError(f"{name} is not a FINN integer type of 1 to {_MAX_BITS} bits, e.g. INT11 or UINT8")
    return NumberType(int(match[2]), signed=not match[1])


def pack(values: NDArray[np.generic], kind: NumberType) -> NDArray[np.uint8]:
    """Pack the last axis: (…, n) numbers to (…, ceil(n·w/8)) bytes. An array of bytes is returned without a copy.

    Raises ValueError if the type cannot hold a number.
    """
    if kind.bits == 8 and values.dtype == (np.int8 if kind.signed else np.uint8):
        return values.view(np.uint8)
    whole = np.asarray(values, np.int64)
    fits = np.abs(whole) == 1 if kind.bipolar else (whole >= kind.min) & (whole <= kind.max)
    if not fits.all():
        raise ValueError(f"a number is not one from {kind.min} to {kind.max}")
    if kind.bipolar:
        whole = (whole + 1) // 2
    bits = (whole[..., None] >> np.arange(kind.bits)) & 1
    flat = bits.reshape(*whole.shape[:-1], -1).astype(np.uint8)
    return np.packbits(flat, axis=-1, bitorder="little")


def unpack(packed: NDArray[np.uint8], kind: NumberType, count: int) -> NDArray[np.int32]:
    """Unpack the last axis: (…, ceil(n·w/8)) bytes to (…, n) numbers. count: n.

    Raises ValueError if the words have another length.
    """
    if packed.shape[-1] != kind.word_bytes(count):
        raise ValueError(f"words of {packed.shape[-1]} bytes do not hold {count} numbers of {kind.bits} bits")
    bits = np.unpackbits(packed, axis=-1, bitorder="little")[..., : count * kind.bits]
    weights = 1 << np.arange(kind.bits, dtype=np.int64)
    if kind.signed:
        weights[-1] = -weights[-1]
    numbers = bits.reshape(*packed.shape[:-1], count, kind.bits) @ weights
    return np.asarray(2 * numbers - 1 if kind.bipolar else numbers, np.int32)
