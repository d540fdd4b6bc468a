"""FINN's packing: numbers to the words of FINN's own packer, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from binarycop.bundle.packing import NumberType, number_type, pack, unpack

# By hand, from the rule in FINN's documentation: element 0 in the lowest bits, little-endian, padded to whole bytes.
WORDS = [
    ("INT11", [5], [0x05, 0x00]),
    ("INT11", [-1], [0xFF, 0x07]),
    ("INT11", [-1024], [0x00, 0x04]),
    ("INT13", [1, -2, 3, -4], [0x01, 0xC0, 0xFF, 0x0F, 0x00, 0xFE, 0x0F]),
    ("UINT4", [0x1, 0x2, 0x3], [0x21, 0x03]),
    ("INT2", [-2, 1, -1, 0], [0b00_11_01_10]),
    ("BIPOLAR", [-1, 1, 1, -1, 1, -1, -1, -1, 1], [0b0001_0110, 0x01]),
    ("BINARY", [1, 0, 0, 1], [0b1001]),
    ("UINT8", [7, 200, 13], [7, 200, 13]),
    ("INT8", [-1, 127], [0xFF, 0x7F]),
]


@pytest.mark.parametrize(("name", "numbers", "word"), WORDS)
def test_numbers_are_packed_to_the_word_of_finns_packer(name: str, numbers: list[int], word: list[int]) -> None:
    kind = number_type(name)
    packed = pack(np.array([numbers]), kind)
    assert packed.tolist() == [word]
    assert unpack(packed, kind, len(numbers)).tolist() == [numbers]


@given(bits=st.integers(1, 32), signed=st.booleans(), count=st.integers(1, 20), seed=st.integers(0, 10_000))
def test_packed_numbers_are_unpacked_to_the_same_numbers(bits: int, signed: bool, count: int, seed: int) -> None:
    kind = NumberType(bits, signed)
    numbers = np.random.default_rng(seed).integers(kind.min, kind.max, (3, 2, count), endpoint=True)
    packed = pack(numbers, kind)
    assert packed.shape == (3, 2, -(-bits * count // 8))
    if bits < 32 or signed:  # scores are int32
        assert (unpack(packed, kind, count) == numbers).all()


def test_pixels_are_packed_without_a_copy() -> None:
    pixels = np.arange(3 * 4 * 3, dtype=np.uint8).reshape(3, 4, 3)
    assert np.shares_memory(pack(pixels, number_type("UINT8")), pixels)


def test_the_padding_above_the_numbers_is_ignored() -> None:
    kind = number_type("INT11")
    assert unpack(np.array([[0x05, 0xF8]], np.uint8), kind, 1).tolist() == [[5]]


@pytest.mark.parametrize(("name", "number"), [("INT11", 1024), ("INT11", -1025), ("UINT4", -1), ("BIPOLAR", 0)])
def test_a_number_that_the_type_cannot_hold_is_refused(name: str, number: int) -> None:
    with pytest.raises(ValueError, match="a number is not one from"):
        pack(np.array([number]), number_type(name))


@pytest.mark.parametrize("name", ["INT0", "INT33", "FLOAT32", "int8", "INT08", "", "FIXED<8,4>"])
def test_a_name_that_is_no_integer_type_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a FINN integer type"):
        number_type(name)


def test_words_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="words of 3 bytes do not hold 4 numbers of 11 bits"):
        unpack(np.zeros((1, 3), np.uint8), number_type("INT11"), 4)
