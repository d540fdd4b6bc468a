"""Labelled 32×32 crops of the four classes, from dressed faces, real masks and drawn heads; the same from a seed."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.faces.box import Box
from binarycop.faces.crop import CropGeometry
from binarycop.wearing import Wearing
from overlays.synthesis import patches as stored
from overlays.synthesis.camera import FINDER, FIXED_REGION, take
from overlays.synthesis.dress import dress
from overlays.synthesis.faces import Split
from overlays.synthesis.heads import drawn_head, scene
from overlays.synthesis.masks import Wardrobe
from overlays.synthesis.patches import Patches, plane_map

Crop = NDArray[np.uint8]
_CHUNK = 4000
GEOMETRY = CropGeometry(margin=1.15, shift_y=0.06)
"""A little below the box, since skin under a mask is what tells chin from correct."""


@dataclass(frozen=True)
class Recipe:
    """Shares of what is not a dressed face: drawn heads in all; real masks among correct; bare among nose_mouth."""

    geometry: CropGeometry = GEOMETRY
    drawn: float = 0.18
    real: float = 0.30
    bare: float = 0.45


class Synthesis:
    """Makes crops of one split."""

    def __init__(self, patches: Patches, split: Split, wardrobe: Wardrobe, recipe: Recipe) -> None:
        self._patches = patches.of(split)
        is_bare = self._patches.is_bare
        self._bare, self._real = np.flatnonzero(is_bare), np.flatnonzero(~is_bare)
        self._wardrobe, self._recipe, self._split = wardrobe, recipe, split

    def one(self, seed: int, number: int) -> tuple[Crop, Wearing]:
        """Crop ``number`` of the endless row that ``seed`` stands for, (32, 32, 3) uint8 RGB; classes take turns."""
        rng = np.random.default_rng([seed, number, list(Split).index(self._split)])
        wearing = Wearing(number % len(Wearing))
        if rng.random() < self._recipe.drawn:
            return self._drawn(rng, wearing), wearing
        if wearing is Wearing.CORRECT and len(self._real) and rng.random() < self._recipe.real:
            chosen = self._real[rng.integers(len(self._real))]
            pixels = self._patches.pixels[chosen]
        else:
            chosen = self._bare[rng.integers(len(self._bare))]
            pixels = self._patches.pixels[chosen]
            if wearing is not Wearing.NOSE_MOUTH or rng.random() >= self._recipe.bare:
                cloth, opacity = self._wardrobe.mask(rng, wearing)
                pixels = dress(pixels, plane_map(self._patches.planes[chosen]), cloth, opacity, rng)
        return take(pixels, Box(*self._patches.boxes[chosen].tolist()), self._recipe.geometry, FINDER, rng), wearing

    def _drawn(self, rng: np.random.Generator, wearing: Wearing) -> Crop:
        if rng.random() < 0.6:
            return drawn_head(rng, wearing, self._recipe.geometry)
        return take(*scene(rng, wearing), self._recipe.geometry, FIXED_REGION, rng)


def generate(
    file: Path, data: Path, split: Split, recipe: Recipe, seed: int, count: int, *, processes: int = 2
) -> Iterator[NDArray[np.uint8]]:
    """Make ``count`` crops in parts, (n, 32, 32, 3) uint8 RGB, in order, the same for any number of processes."""
    jobs = [(file, data, split, recipe, seed, at, min(at + _CHUNK, count)) for at in range(0, count, _CHUNK)]
    # Spawned, since a process forked after torch has run its threads hangs.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_part, jobs)


def _part(job: tuple[Path, Path, Split, Recipe, int, int, int]) -> NDArray[np.uint8]:
    # A process reads the faces anew for each part: half a second beside the six that the part takes.
    file, data, split, recipe, seed, start, end = job
    cv2.setNumThreads(1)
    synthesis = Synthesis(stored.load(file), split, Wardrobe.read(data), recipe)
    return np.stack([synthesis.one(seed, number)[0] for number in range(start, end)])
