"""Recall by group of people or masks, and the largest gap between groups with its confidence interval.

Intervals come from bootstrap resampling of people, not of crops, since the crops of one person are not independent.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import LABELS

MIN_COMPARED = 100
"""Smallest number of people in a group that is compared with others."""
MIN_SHOWN = 20
"""Smallest number of people in a group that is shown."""
_ROUNDS = 1000
_SEED = 0


@dataclass(frozen=True)
class GroupCounts:
    """Numbers of crops by person, group and true class, (identities, groups, 4): correctly predicted, and of all."""

    names: tuple[str, ...]
    right: NDArray[np.int64]
    of: NDArray[np.int64]

    @property
    def identities(self) -> NDArray[np.int64]:
        """The number of people in each group, (groups,)."""
        return np.asarray((self.of.sum(axis=2) > 0).sum(axis=0))

    @property
    def recalls(self) -> NDArray[np.float64]:
        """Recall of the four classes and their mean, (groups, 5); NaN without crops."""
        return _recalls(self.right.sum(axis=0), self.of.sum(axis=0))

    @cached_property
    def resampled(self) -> NDArray[np.float64]:
        """``recalls`` of 1,000 bootstrap samples of the people, (1000, groups, 5)."""
        rng, count = np.random.default_rng(_SEED), len(self.of)
        drawn = [np.bincount(rng.integers(count, size=count), minlength=count) for _ in range(_ROUNDS)]
        weights = np.stack(drawn).astype(float)
        right, of = (np.tensordot(weights, counts.astype(float), 1) for counts in (self.right, self.of))
        return _recalls(right, of)

    @property
    def comparable(self) -> NDArray[np.bool_]:
        """Whether a group has enough people, and crops of every class, (groups,)."""
        return np.asarray((self.identities >= MIN_COMPARED) & (self.of.sum(axis=0) > 0).all(axis=1))


@dataclass(frozen=True)
class Gap:
    """The difference of recall between the best and the worst comparable group.

    low, high: 95 % interval of the difference of these two groups. chance: 95 % quantile of the largest difference
    between random groups of the same sizes.
    """

    best: str
    worst: str
    gap: float
    low: float
    high: float
    chance: float


def count_by_group(
    predicted: NDArray[np.int64], classes: NDArray[np.int64], identities: NDArray[np.str_], groups: NDArray[np.str_]
) -> GroupCounts:
    """Count crops. All arguments (N,): predicted class, true class, identity, group; an empty group is left out."""
    known = groups != ""
    predicted, classes = predicted[known], classes[known]
    people, person = np.unique(identities[known], return_inverse=True)
    names, group = np.unique(groups[known], return_inverse=True)
    of = np.zeros((len(people), len(names), len(LABELS)), np.int64)
    right = np.zeros_like(of)
    np.add.at(of, (person, group, classes), 1)
    np.add.at(right, (person, group, classes), predicted == classes)
    return GroupCounts(tuple(names.tolist()), right, of)


def intervals(counts: GroupCounts) -> NDArray[np.float64]:
    """95 % intervals of ``recalls``, (2, groups, 5), from the bootstrap samples."""
    return _percentiles(counts.resampled)


def gaps(counts: GroupCounts) -> list[Gap]:
    """The largest gap in each of the four recalls and in their mean; none without two comparable groups."""
    chosen = np.flatnonzero(counts.comparable)
    if len(chosen) < 2:
        return []
    recalls, resampled = counts.recalls[chosen], counts.resampled[:, chosen]
    chance = np.quantile(_random_gaps(counts, chosen), 0.95, axis=0)
    found = []
    for column in range(recalls.shape[1]):
        best, worst = int(recalls[:, column].argmax()), int(recalls[:, column].argmin())
        low, high = _percentiles(resampled[:, best, column] - resampled[:, worst, column])
        gap = recalls[best, column] - recalls[worst, column]
        names = counts.names[chosen[best]], counts.names[chosen[worst]]
        found.append(Gap(*names, float(gap), float(low), float(high), float(chance[column])))
    return found


def _recalls(right: NDArray[np.int64], of: NDArray[np.int64]) -> NDArray[np.float64]:
    """Recalls (…, 5) from counts (…, 4); the mean is over the classes that occur."""
    each = right / np.where(of > 0, of, np.nan)
    occur = (of > 0).sum(axis=-1, keepdims=True)
    mean = np.nansum(each, axis=-1, keepdims=True) / np.where(occur > 0, occur, np.nan)
    return np.concatenate([each, mean], axis=-1)


def _random_gaps(counts: GroupCounts, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """The largest gaps, (1000, 5), after people were assigned to the chosen groups at random, 1,000 times."""
    person, group = np.nonzero(counts.of[:, chosen].sum(axis=2))
    per_person = np.concatenate([values[person, chosen[group]] for values in (counts.right, counts.of)], axis=1)
    begins = np.searchsorted(np.sort(group), np.arange(len(chosen)))
    rng = np.random.default_rng(_SEED)
    largest = []
    for _ in range(_ROUNDS):
        shuffled = np.add.reduceat(per_person[rng.permutation(len(per_person))], begins)
        largest.append(np.ptp(_recalls(*np.hsplit(shuffled, 2)), axis=0))
    return np.stack(largest)


def _percentiles(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.quantile(values, (0.025, 0.975), axis=0))
