"""A pool of training crops that is renewed during training, so that no crop is seen more than a few times."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.geometry import SIDE_PX
from overlays.synthesis.dataset import Recipe, generate
from overlays.synthesis.faces import Split

_SHIFTS = (0.25, 0.5, 0.25)  # probabilities of -1, 0 and 1 pixel
SPARE_PX = 1


@dataclass(frozen=True)
class PoolSettings:
    """subjects: number in the pool. part: number replaced at a time. views: crops of each. uses: of each crop.

    A subject is a dressed face; each of its crops is seen by another camera. subjects is a multiple of part, and part a
    multiple of the number of classes.
    """

    subjects: int = 12_000
    part: int = 1000
    views: int = 4
    uses: int = 4

    @property
    def crops_per_part(self) -> int:
        """How many crops training sees between two new parts."""
        return self.part * self.views * self.uses


def made_here(
    patches: Path, data: Path, recipe: Recipe, settings: PoolSettings, seed: int, first: int, processes: int
) -> Generator[NDArray[np.uint8], None, None]:
    """Parts for a pool, made by processes of this machine, which end with the generator.

    first: number of the first subject, so that a run that continues sees no subject again.
    """
    numbers, views, part = range(first, 1 << 40), settings.views, settings.part
    made = generate(patches, data, Split.TRAIN, recipe, seed, numbers, views=views, part=part, processes=processes)
    with closing(made):
        for crops, _ in made:
            yield crops


class Pool:
    """Crops of training people; each new part replaces the oldest one.

    parts: (part, views, S, S, 3) uint8 each, from subject ``first`` on, S being 32 plus the spare pixels; closed at the
    end of the ``with`` block.
    """

    def __init__(self, parts: Generator[NDArray[np.uint8], None, None], settings: PoolSettings, first: int) -> None:
        self._parts, self._settings, self._first, self._renewed = parts, settings, first, 0
        side = SIDE_PX + 2 * SPARE_PX
        self._crops: NDArray[np.uint8] = np.zeros((settings.subjects, settings.views, side, side, 3), np.uint8)

    def __enter__(self) -> "Pool":
        for _ in range(self._settings.subjects // self._settings.part):
            self.renew()
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()

    @property
    def next_subject(self) -> int:
        """The number of the first subject that has not been in the pool."""
        return self._first + self._renewed

    def renew(self) -> None:
        """Replace the oldest part."""
        part = next(self._parts)
        begin = self._renewed % self._settings.subjects
        self._crops[begin : begin + len(part)] = part
        self._renewed += len(part)

    def sample(self, count: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Random crops, mirrored and shifted at random: (count, 32, 32, 3) uint8 RGB, and their classes (count,)."""
        subjects, views = self._crops.shape[:2]
        subject, view = rng.integers(subjects, size=count), rng.integers(views, size=count)
        spare = (self._crops.shape[2] - SIDE_PX) // 2
        down, across = spare + rng.choice((-1, 0, 1), (2, count), p=_SHIFTS)
        windows = sliding_window_view(self._crops, (SIDE_PX, SIDE_PX), axis=(2, 3))
        crops = windows[subject, view, down, across].transpose(0, 2, 3, 1)
        mirrored = rng.random(count) < 0.5
        crops[mirrored] = crops[mirrored, :, ::-1]
        # Modulo the number of classes, a subject's index in the pool equals its number.
        return crops, (subject % len(MaskClass)).astype(np.int64)
