"""Compressor trees: the sums of their columns are right, and their size is that of the SystemVerilog."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlays.rtl.compressor_tree import Column, Tree, modules, tree

sizes = st.tuples(st.integers(1, 400), st.integers(1, 9))


def reduced(chosen: Tree, numbers: list[int]) -> list[int]:
    """The bits in front of the adder, as weights that are set: an oracle that counts as the tables do."""
    columns = {w: [number >> w & 1 for number in numbers] for w in range(chosen.bits)}
    for _ in chosen.levels:
        following: dict[int, list[int]] = {}
        for weight, bits in columns.items():
            left = bits
            while len(left) >= 3:
                count, left = sum(left[:6]), left[6:]
                for offset in range(3):
                    following.setdefault(weight + offset, []).append(count >> offset & 1)
            following.setdefault(weight, []).extend(left)
        columns = following
    return [weight for weight, bits in columns.items() for bit in bits if bit]


@given(sizes, st.randoms(use_true_random=False))
def test_the_columns_of_each_level_keep_the_sum(size: tuple[int, int], random: Random) -> None:
    chosen = tree(*size)
    numbers = [random.getrandbits(chosen.bits) for _ in range(chosen.numbers)]
    assert sum(1 << weight for weight in reduced(chosen, numbers)) == sum(numbers)


@given(sizes)
def test_the_adder_gets_at_most_two_bits_of_each_weight(size: tuple[int, int]) -> None:
    chosen = tree(*size)
    assert max(chosen.rows) <= 2
    assert len(chosen.rows) <= chosen.sum_bits


@given(sizes)
def test_the_largest_sum_fits_its_bits_and_no_fewer(size: tuple[int, int]) -> None:
    numbers, bits = size
    largest = numbers * ((1 << bits) - 1)
    assert (1 << tree(*size).sum_bits) > largest >= (1 << (tree(*size).sum_bits - 1))


@given(st.integers(1, 500))
def test_a_column_counter_has_as_many_outputs_as_it_needs(height: int) -> None:
    column = Column(height)
    assert column.ones + 2 * column.twos + 4 * column.fours >= height
    assert column.ones == len(range(0, height - height % 6, 6)) + (1 if height % 6 >= 3 else height % 6)


def test_a_popcount_of_144_bits_in_groups_of_six() -> None:
    chosen = tree(24, 3)
    assert chosen.levels[0] == (24, 24, 24)
    assert chosen.levels[1] == (4, 8, 12, 8, 4)
    assert (chosen.sum_bits, chosen.latency) == (8, 6)


def test_each_size_has_one_module_and_one_branch() -> None:
    texts = modules([(24, 3), (5, 3), (24, 3)])
    assert set(texts) == {"compressor_tree", "sum_24x3", "sum_5x3"}
    assert re.findall(r"NUMBERS == (\d+) && BITS == (\d+)", texts["compressor_tree"]) == [("5", "3"), ("24", "3")]


def test_the_module_has_a_register_for_each_level() -> None:
    chosen = tree(24, 3)
    text = modules([(24, 3)])["sum_24x3"]
    assert text.count("always_ff") == chosen.latency
    for number, heights in enumerate((*chosen.levels, chosen.rows)):
        assert f"logic [{sum(heights) - 1}:0] level_{number};" in text


@pytest.mark.parametrize("size", [(0, 3), (3, 0)])
def test_a_tree_of_nothing_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        tree(*size)
