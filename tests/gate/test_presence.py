"""How many permissions each presence has had."""

from binarycop.gate.presence import PresenceCounts


def test_each_presence_has_its_own_count() -> None:
    counts = PresenceCounts().count(1).count(2).count(1)
    assert (counts.of(1), counts.of(2), counts.of(3)) == (2, 1, 0)


def test_the_presences_with_the_newest_permissions_are_remembered() -> None:
    counts = PresenceCounts()
    for presence in range(100):
        counts = counts.count(presence)
    assert (len(counts.counts), counts.of(99), counts.of(36), counts.of(35)) == (64, 1, 1, 0)


def test_a_presence_that_comes_to_the_front_again_is_not_forgotten() -> None:
    counts = PresenceCounts().count(1000)
    for presence in range(100):
        counts = counts.count(presence).keep(1000)
    assert counts.of(1000) == 1
    assert counts.keep(2000) == counts, "one without a permission needs no memory"
