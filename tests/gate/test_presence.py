"""How many permissions each presence has had."""

from binarycop.gate.presence import PresenceCounts


def test_each_presence_has_its_own_count() -> None:
    counts = PresenceCounts().count(1).count(2).count(1)
    assert (counts.of(1), counts.of(2), counts.of(3)) == (2, 1, 0)


def test_the_presences_with_the_newest_permissions_are_remembered() -> None:
    counts = PresenceCounts()
    for presence in range(40):
        counts = counts.count(presence)
    assert (len(counts.counts), counts.of(39), counts.of(24), counts.of(23)) == (16, 1, 1, 0)
