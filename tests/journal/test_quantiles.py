"""Quantiles of a stream are near the true ones, and do not depend on the order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binarycop.journal.quantiles import RELATIVE_ERROR, Quantiles

VALUES = st.lists(st.integers(-99_999, 999_999).map(lambda tenths: tenths / 10), min_size=1, max_size=60)


def quantiles(values: list[float]) -> Quantiles:
    counted = Quantiles()
    for value in values:
        counted.add(value)
    return counted


@given(VALUES, st.sampled_from([0.0, 0.25, 0.5, 0.9, 0.99, 1.0]))
def test_each_quantile_is_within_one_percent_of_a_value_of_that_rank(values: list[float], share: float) -> None:
    true = sorted(values)[int(share * (len(values) - 1))]
    assert quantiles(values).at(share) == pytest.approx(true, rel=RELATIVE_ERROR * 1.001)


@given(VALUES, st.randoms(use_true_random=False))
def test_the_order_does_not_matter_and_parts_add_up(values: list[float], random: object) -> None:
    shuffled = values[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    half = quantiles(shuffled[: len(values) // 2])
    half.merge(quantiles(shuffled[len(values) // 2 :]))
    assert half == quantiles(values)
    assert half.count == len(values)


def test_without_a_value_there_is_no_quantile() -> None:
    assert Quantiles().at(0.5) is None


def test_infinity_is_the_largest_value_and_what_is_no_number_is_refused() -> None:
    counted = quantiles([float("inf"), -float("inf")])
    assert counted.at(1.0) == pytest.approx(1e6, rel=0.02)
    assert counted.at(0.0) == pytest.approx(-1e6, rel=0.02)
    with pytest.raises(ValueError, match="not a number"):
        counted.add(float("nan"))
