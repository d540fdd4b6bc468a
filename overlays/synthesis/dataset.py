"""Labelled 32×32 crops of the four classes, from dressed faces, real masks and drawn heads; the same from a seed."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.geometry import Box, CropGeometry
from overlays.synthesis import patches as stored
from overlays.synthesis.camera import FINDER, FIXED_REGION, take
from overlays.synthesis.compositing import lay_over, put_on, skin_of
from overlays.synthesis.faces import Split
from overlays.synthesis.heads import drawn_head, scene
from overlays.synthesis.mask_removal import tone, uncover
from overlays.synthesis.mask_texture import cut
from overlays.synthesis.masks import Wardrobe
from overlays.synthesis.occlusions import UNDER, chosen, draw
from overlays.synthesis.patches import Patches, picture_map, plane_map

Crop = NDArray[np.uint8]
_CHUNK = 4000
_GIVERS = 8
GEOMETRY = CropGeometry(margin=1.15, shift_y=0.06)
"""A little below the box, since skin under a mask is what tells chin from correct."""


@dataclass(frozen=True)
class Recipe:
    """Shares of what is not a dressed face: drawn heads in all; real masks among correct, and partly uncovered ones
    among the others; bare faces among nose_mouth. touched: of the real masks among correct, those with skin laid
    beside the mask, or a seam would mean "not correct".
    """

    geometry: CropGeometry = GEOMETRY
    drawn: float = 0.12
    real: float = 0.40
    uncovered: float = 0.35
    touched: float = 0.5
    bare: float = 0.45


@dataclass(frozen=True)
class Look:
    """What is on a crop. kind: the mask's cut, or ``bare``, ``real``, ``uncovered`` or ``drawn``; colour: the cloth's
    name or empty; extras: the hard cases on it, joined by ``+``; identity: as ``Patches.identities``, empty where it is
    nobody.
    """

    kind: str
    colour: str = ""
    extras: str = ""
    identity: str = ""


class Synthesis:
    """Makes crops of one split."""

    def __init__(self, patches: Patches, split: Split, wardrobe: Wardrobe, recipe: Recipe) -> None:
        self._patches = patches.of(split)
        is_bare = self._patches.is_bare
        self._bare, self._real = np.flatnonzero(is_bare), np.flatnonzero(~is_bare)
        self._mapped = np.flatnonzero(~is_bare & self._patches.is_mapped)
        pieces = tuple(cut(self._patches.pixels[at], tuple(self._patches.boxes[at].tolist())) for at in self._real)
        # Cloth of real masks is in every class, or a network would take it for a sign of the one with real pictures.
        self._wardrobe = replace(wardrobe, fabrics=replace(wardrobe.fabrics, cloths=pieces))
        self._recipe, self._split = recipe, split

    def one(self, seed: int, number: int) -> tuple[Crop, MaskClass, Look]:
        """Crop ``number`` of the endless row that ``seed`` stands for, (32, 32, 3) uint8 RGB; classes take turns."""
        rng = np.random.default_rng([seed, number, list(Split).index(self._split)])
        wearing = MaskClass(number % len(MaskClass))
        if rng.random() < self._recipe.drawn:
            return self._drawn(rng, wearing), wearing, Look("drawn")
        if wearing is MaskClass.CORRECT and len(self._real) and rng.random() < self._recipe.real:
            at = int(self._real[rng.integers(len(self._real))])
            pixels, look = self._patches.pixels[at], Look("real", identity=str(self._patches.identities[at]))
            if self._patches.is_mapped[at] and rng.random() < self._recipe.touched:
                pixels = self._uncovered(rng, wearing, at)
        elif self._is_uncovered(rng, wearing):
            at = int(self._mapped[rng.integers(len(self._mapped))])
            pixels = self._uncovered(rng, wearing, at)
            look = Look("uncovered", "real", identity=str(self._patches.identities[at]))
        else:
            at = int(self._bare[rng.integers(len(self._bare))])
            pixels, look = self.dressed(rng, wearing, at)
        box = Box(*self._patches.boxes[at].tolist())
        return take(pixels, box, self._recipe.geometry, FINDER, rng), wearing, look

    def _is_uncovered(self, rng: np.random.Generator, wearing: MaskClass) -> bool:
        share = self._recipe.uncovered
        if wearing is MaskClass.CORRECT or not share or not len(self._mapped):
            return False
        return bool(rng.random() < share)

    def _uncovered(self, rng: np.random.Generator, wearing: MaskClass, at: int) -> NDArray[np.uint8]:
        """Real mask ``at`` with somebody's skin laid over part of it, or, where it is worn correctly, beside it."""
        patches, giver = self._patches, self._giver(rng, at)
        return uncover(
            patches.pixels[at],
            plane_map(patches.planes[at]),
            patches.pixels[giver],
            plane_map(patches.planes[giver]),
            picture_map(patches.pictures[giver]),
            wearing,
            rng,
        )

    def _giver(self, rng: np.random.Generator, at: int) -> int:
        """The bare face, of a few, whose skin is nearest in tone to that of face ``at``."""
        few = [at, *self._bare[rng.integers(len(self._bare), size=_GIVERS)].tolist()]
        tones = np.log([tone(self._patches.pixels[one], plane_map(self._patches.planes[one])) + 1 for one in few])
        return int(few[1 + np.abs(tones[1:] - tones[0]).sum(axis=1).argmin()])

    def dressed(self, rng: np.random.Generator, wearing: MaskClass, at: int) -> tuple[NDArray[np.uint8], Look]:
        """Bare face ``at`` of the split, wearing a mask so: its patch (128, 128, 3) uint8 BGR."""
        pixels, plane = self._patches.pixels[at], plane_map(self._patches.planes[at])
        skin = skin_of(pixels, plane)
        is_bare = wearing is MaskClass.NOSE_MOUTH and rng.random() < self._recipe.bare
        extras = chosen(rng, wearing, is_bare=is_bare)
        for extra in (one for one in extras if one in UNDER):
            pixels = lay_over(pixels, plane, draw(extra, rng, skin, is_bare=is_bare), rng)
        kind, colour = "bare", ""
        if not is_bare:
            mask = self._wardrobe.mask(rng, wearing, skin)
            pixels = put_on(pixels, plane, mask, float(self._patches.turns[at]), rng)
            kind, colour = mask.kind.value, mask.colour
        for extra in (one for one in extras if one not in UNDER):
            pixels = lay_over(pixels, plane, draw(extra, rng, skin, is_bare=is_bare), rng)
        names = "+".join(extra.value for extra in extras)
        return pixels, Look(kind, colour, names, str(self._patches.identities[at]))

    def _drawn(self, rng: np.random.Generator, wearing: MaskClass) -> Crop:
        if rng.random() < 0.6:
            return drawn_head(rng, wearing, self._recipe.geometry)
        return take(*scene(rng, wearing), self._recipe.geometry, FIXED_REGION, rng)


def generate(
    file: Path, data: Path, split: Split, recipe: Recipe, seed: int, count: int, *, processes: int = 2
) -> Iterator[tuple[NDArray[np.uint8], list[Look]]]:
    """Make ``count`` crops in parts, (n, 32, 32, 3) uint8 RGB, in order, the same for any number of processes."""
    jobs = [(file, data, split, recipe, seed, at, min(at + _CHUNK, count)) for at in range(0, count, _CHUNK)]
    # Spawned, since a process forked after torch has run its threads hangs.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_part, jobs)


def _part(job: tuple[Path, Path, Split, Recipe, int, int, int]) -> tuple[NDArray[np.uint8], list[Look]]:
    # A process reads the faces anew for each part: half a second beside the six that the part takes.
    file, data, split, recipe, seed, start, end = job
    cv2.setNumThreads(1)
    synthesis = Synthesis(stored.load(file), split, Wardrobe.read(data), recipe)
    made = [synthesis.one(seed, number) for number in range(start, end)]
    return np.stack([crop for crop, _, _ in made]), [look for _, _, look in made]
