"""Recall by group of people or masks, and the largest gap between groups with its confidence interval.

Intervals come from bootstrap resampling of people, not of crops, since the crops of one person are not independent.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import LABELS, MaskClass

MIN_COMPARED = 50
"""Smallest number of people in a group that is compared with others."""
MIN_SHOWN = 20
"""Smallest number of people in a group that is shown."""
_ROUNDS = 1000
_SEED = 0


@dataclass(frozen=True)
class GroupCounts:
    """Numbers of crops by person, group and true class, (identities, groups, 4): correctly predicted, and of all.

    passing: of the crops of each group with a bare nose, or nose and mouth, those predicted as correct, (groups,).
    """

    names: tuple[str, ...]
    right: NDArray[np.int64]
    of: NDArray[np.int64]
    passing: NDArray[np.int64]

    @property
    def uncovered(self) -> NDArray[np.int64]:
        """The number of crops of each group with a bare nose, or nose and mouth, (groups,)."""
        return np.asarray(self.of[:, :, [MaskClass.NOSE, MaskClass.NOSE_MOUTH]].sum(axis=(0, 2)))

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
        """Whether a group has enough people, and crops of every class that any group has, (groups,)."""
        has = self.of.sum(axis=0) > 0
        return np.asarray((self.identities >= MIN_COMPARED) & (has == has.any(axis=0)).all(axis=1))


@dataclass(frozen=True)
class Gap:
    """The difference of mean recall between the best and the worst comparable group.

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
    uncovered = np.isin(classes, (MaskClass.NOSE, MaskClass.NOSE_MOUTH))
    passing = np.bincount(group[uncovered & (predicted == MaskClass.CORRECT)], minlength=len(names))
    return GroupCounts(tuple(names.tolist()), right, of, passing)


def intervals(counts: GroupCounts) -> NDArray[np.float64]:
    """95 % intervals of ``recalls``, (2, groups, 5), from the bootstrap samples."""
    return _percentiles(counts.resampled)


def largest_gap(counts: GroupCounts) -> Gap | None:
    """The largest gap in mean recall; None without two comparable groups."""
    chosen = np.flatnonzero(counts.comparable)
    if len(chosen) < 2:
        return None
    means, resampled = counts.recalls[chosen, -1], counts.resampled[:, chosen, -1]
    best, worst = int(means.argmax()), int(means.argmin())
    low, high = _percentiles(resampled[:, best] - resampled[:, worst]).tolist()
    names = counts.names[chosen[best]], counts.names[chosen[worst]]
    chance = float(np.quantile(_random_gaps(counts, chosen), 0.95))
    return Gap(*names, float(means[best] - means[worst]), low, high, chance)


def _recalls(right: NDArray[np.int64], of: NDArray[np.int64]) -> NDArray[np.float64]:
    """Recalls (…, 5) from counts (…, 4); the mean is over the classes that occur."""
    each = right / np.where(of > 0, of, np.nan)
    occur = (of > 0).sum(axis=-1, keepdims=True)
    mean = np.nansum(each, axis=-1, keepdims=True) / np.where(occur > 0, occur, np.nan)
    return np.concatenate([each, mean], axis=-1)


def _random_gaps(counts: GroupCounts, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """The largest gaps, (1000,), after people were assigned to the chosen groups at random, 1,000 times."""
    person, group = np.nonzero(counts.of[:, chosen].sum(axis=2))
    per_person = np.concatenate([values[person, chosen[group]] for values in (counts.right, counts.of)], axis=1)
    begins = np.searchsorted(np.sort(group), np.arange(len(chosen)))
    rng = np.random.default_rng(_SEED)
    largest = []
    for _ in range(_ROUNDS):
        shuffled = np.add.reduceat(per_person[rng.permutation(len(per_person))], begins)
        largest.append(np.ptp(_recalls(*np.hsplit(shuffled, 2))[:, -1]))
    return np.array(largest)


def _percentiles(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.quantile(values, (0.025, 0.975), axis=0))
