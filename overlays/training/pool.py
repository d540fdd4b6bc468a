"""A pool of training crops that is renewed while training goes on, so that no crop is seen more than a few times."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.geometry import SIDE_PX
from overlays.synthesis.dataset import Recipe, generate
from overlays.synthesis.faces import Split

_SHIFTS = (0.25, 0.5, 0.25)  # chances of -1, 0 and 1 pixel
SPARE_PX = 1


@dataclass(frozen=True)
class PoolSettings:
    """subjects: in the pool at a time. part: of them, replaced at a time. views: crops of each. uses: of each crop.

    A subject is a face with what it wears; its crops are seen by different cameras. subjects is a multiple of part, and
    part of the number of classes.
    """

    subjects: int = 12_000
    part: int = 1000
    views: int = 4
    uses: int = 4

    @property
    def crops_per_part(self) -> int:
        """How many crops training sees between two new parts."""
        return self.part * self.views * self.uses


class Pool:
    """Crops of training people, which new ones replace in turn.

    first: number of the first subject, so that a run that continues sees no subject again. A pool has processes, which
    end with the ``with`` block.
    """

    def __init__(
        self, patches: Path, data: Path, recipe: Recipe, settings: PoolSettings, seed: int, first: int, processes: int
    ) -> None:
        self._settings, self._first, self._renewed = settings, first, 0
        side = SIDE_PX + 2 * recipe.spare_px
        self._crops: NDArray[np.uint8] = np.zeros((settings.subjects, settings.views, side, side, 3), np.uint8)
        self._parts = generate(
            patches,
            data,
            Split.TRAIN,
            recipe,
            seed,
            range(first, 1 << 40),
            views=settings.views,
            part=settings.part,
            processes=processes,
        )

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
        part, _ = next(self._parts)
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
        # ``renew`` keeps a subject's number equal to its place, in steps of the number of classes.
        return crops, (subject % len(MaskClass)).astype(np.int64)
