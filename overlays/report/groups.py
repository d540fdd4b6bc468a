"""Recall by group of people or masks, the largest gap between groups, and how sure it is.

People are drawn again, not crops: several crops show one person, and are right or wrong together.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import LABELS

LEAST_IDENTITIES = 100
LEAST_SHOWN = 20  # people, below which even an interval says nothing
_ROUNDS = 1000
_SEED = 0


@dataclass(frozen=True)
class GroupCounts:
    """Counts of crops. right, of: (identities, groups, 4), by true class; names: of the groups."""

    names: tuple[str, ...]
    right: NDArray[np.int64]
    of: NDArray[np.int64]

    @property
    def identities(self) -> NDArray[np.int64]:
        """How many people each group has, (groups,)."""
        return np.asarray((self.of.sum(axis=2) > 0).sum(axis=0))

    @property
    def recalls(self) -> NDArray[np.float64]:
        """(groups, 5): the four classes, and their mean; not a number where there was no crop."""
        return _recalls(self.right.sum(axis=0), self.of.sum(axis=0))

    @cached_property
    def resampled(self) -> NDArray[np.float64]:
        """``recalls`` of as many people drawn again with replacement, (1000, groups, 5)."""
        rng, count = np.random.default_rng(_SEED), len(self.of)
        drawn = [np.bincount(rng.integers(count, size=count), minlength=count) for _ in range(_ROUNDS)]
        weights = np.stack(drawn).astype(float)
        right, of = (np.tensordot(weights, counts.astype(float), 1) for counts in (self.right, self.of))
        return _recalls(right, of)

    @property
    def comparable(self) -> NDArray[np.bool_]:
        """Which groups have people enough and crops of every class, (groups,)."""
        return np.asarray((self.identities >= LEAST_IDENTITIES) & (self.of.sum(axis=0) > 0).all(axis=1))


@dataclass(frozen=True)
class Gap:
    """Between the best and the worst comparable group: a difference of recalls.

    low, high: 95 % interval of the difference between these two. chance: what groups drawn by lot, of the same sizes,
    stay below in 95 % of the cases.
    """

    best: str
    worst: str
    gap: float
    low: float
    high: float
    chance: float


def count_by_group(
    called: NDArray[np.int64], classes: NDArray[np.int64], identities: NDArray[np.str_], groups: NDArray[np.str_]
) -> GroupCounts:
    """Count. All (N,): the class called, the true one, who it is, and the group; an empty group is left out."""
    known = groups != ""
    called, classes = called[known], classes[known]
    people, person = np.unique(identities[known], return_inverse=True)
    names, group = np.unique(groups[known], return_inverse=True)
    of = np.zeros((len(people), len(names), len(LABELS)), np.int64)
    right = np.zeros_like(of)
    np.add.at(of, (person, group, classes), 1)
    np.add.at(right, (person, group, classes), called == classes)
    return GroupCounts(tuple(names.tolist()), right, of)


def intervals(counts: GroupCounts) -> NDArray[np.float64]:
    """95 % intervals of ``recalls``, (2, groups, 5): percentiles over people drawn again with replacement."""
    return _percentiles(counts.resampled)


def gaps(counts: GroupCounts) -> list[Gap]:
    """The largest gap in each of the four recalls and in their mean; none where fewer than two groups compare."""
    chosen = np.flatnonzero(counts.comparable)
    if len(chosen) < 2:
        return []
    recalls, resampled = counts.recalls[chosen], counts.resampled[:, chosen]
    chance = np.quantile(_by_lot(counts, chosen), 0.95, axis=0)
    found = []
    for column in range(recalls.shape[1]):
        best, worst = int(recalls[:, column].argmax()), int(recalls[:, column].argmin())
        low, high = _percentiles(resampled[:, best, column] - resampled[:, worst, column])
        gap = recalls[best, column] - recalls[worst, column]
        names = counts.names[chosen[best]], counts.names[chosen[worst]]
        found.append(Gap(*names, float(gap), float(low), float(high), float(chance[column])))
    return found


def _recalls(right: NDArray[np.int64], of: NDArray[np.int64]) -> NDArray[np.float64]:
    """(…, 4) counts to (…, 5) recalls; the mean is over the classes that occur."""
    each = right / np.where(of > 0, of, np.nan)
    occur = (of > 0).sum(axis=-1, keepdims=True)
    mean = np.nansum(each, axis=-1, keepdims=True) / np.where(occur > 0, occur, np.nan)
    return np.concatenate([each, mean], axis=-1)


def _by_lot(counts: GroupCounts, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """The largest gaps, (1000, 5), between the chosen groups when what each person has in a group is dealt anew."""
    person, group = np.nonzero(counts.of[:, chosen].sum(axis=2))
    hands = np.concatenate([counts[person, chosen[group]] for counts in (counts.right, counts.of)], axis=1)
    begins = np.searchsorted(np.sort(group), np.arange(len(chosen)))
    rng = np.random.default_rng(_SEED)
    largest = []
    for _ in range(_ROUNDS):
        dealt = np.add.reduceat(hands[rng.permutation(len(hands))], begins)
        largest.append(np.ptp(_recalls(*np.hsplit(dealt, 2)), axis=0))
    return np.stack(largest)


def _percentiles(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.quantile(values, (0.025, 0.975), axis=0))
