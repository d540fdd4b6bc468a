"""A measurement says how far it is."""

from binarycop.benchmarks.steps import steps


def test_each_item_comes_after_the_share_that_is_done_and_the_end_is_all() -> None:
    shares: list[float] = []
    assert [(item, shares[-1]) for item in steps("abcd", shares.append)] == [
        ("a", 0.0), ("b", 0.25), ("c", 0.5), ("d", 0.75),
    ]  # fmt: skip
    assert shares[-1] == 1.0
