"""Limits on how much is written, over any time."""

from hypothesis import given
from hypothesis import strategies as st

from binarycop.journal.rate import NewTexts, TokenBucket


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(1, 50)), max_size=60))
def test_a_bucket_never_gives_more_than_its_store_and_its_rate(steps: list[tuple[float, int]]) -> None:
    bucket, now_s, taken = TokenBucket(40, 3.0, 0.0), 0.0, 0
    for wait_s, count in steps:
        now_s += wait_s
        taken += count if bucket.take(count, now_s) else 0
        assert taken <= 40 + 3.0 * now_s + 1e-6


def test_a_clock_that_stands_still_or_goes_back_gives_nothing() -> None:
    bucket = TokenBucket(2, 1.0, 100.0)
    assert [bucket.take(1, at_s) for at_s in (100.0, 100.0, 100.0, 50.0, 100.5, 101.0)] == [
        True, True, False, False, False, True,
    ]  # fmt: skip


def test_a_text_that_comes_again_costs_nothing() -> None:
    texts = NewTexts(TokenBucket(20, 0.0, 0.0), remembered=2)
    assert all(texts.admit("no frames", 0.0) for _ in range(100))
    assert texts.admit("0123456789", 0.0)
    assert not texts.admit("another", 0.0)
    assert texts.admit("no frames", 0.0), "a refused text replaces none"


def test_a_text_that_is_forgotten_costs_again() -> None:
    texts = NewTexts(TokenBucket(5, 0.0, 0.0), remembered=2)
    assert [texts.admit(text, 0.0) for text in ("a", "b", "c", "b", "a", "b", "d", "e", "a", "b")] == [
        True, True, True, True, True, True, True, False, False, True,
    ]  # fmt: skip
