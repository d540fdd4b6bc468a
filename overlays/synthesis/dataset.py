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
from overlays.synthesis.camera import DETECTOR_JITTER, FIXED_REGION_JITTER, capture
from overlays.synthesis.compositing import apply_mask, apply_occlusion, skin_colour
from overlays.synthesis.faces import Split
from overlays.synthesis.heads import drawn_head, drawn_scene
from overlays.synthesis.mask_removal import skin_tone, uncover
from overlays.synthesis.mask_texture import cut_cloth
from overlays.synthesis.masks import MaskCatalogue
from overlays.synthesis.occlusions import UNDER_MASK, choose_occlusions, draw_occlusion
from overlays.synthesis.patches import Patches, picture_map, plane_map

Crop = NDArray[np.uint8]
_CHUNK = 4000
_DONORS = 8
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
    skin_beside: float = 0.5
    bare: float = 0.45


@dataclass(frozen=True)
class CropInfo:
    """What is on a crop. kind: the mask's cut, or ``bare``, ``real``, ``uncovered`` or ``drawn``; colour: the cloth's
    name or empty; extras: the hard cases on it, joined by ``+``; identity: as ``Patches.identities``, empty where it is
    nobody.
    """

    kind: str
    colour: str = ""
    occlusions: str = ""
    identity: str = ""


class Synthesis:
    """Makes crops of one split."""

    def __init__(self, patches: Patches, split: Split, catalogue: MaskCatalogue, recipe: Recipe) -> None:
        self._patches = patches.of(split)
        is_bare = self._patches.is_bare
        self._bare, self._real = np.flatnonzero(is_bare), np.flatnonzero(~is_bare)
        self._mapped = np.flatnonzero(~is_bare & self._patches.is_mapped)
        pieces = tuple(
            cut_cloth(self._patches.pixels[at], tuple(self._patches.boxes[at].tolist())) for at in self._real
        )
        # Cloth of real masks is in every class, or a network would take it for a sign of the one with real pictures.
        self._catalogue = replace(catalogue, textures=replace(catalogue.textures, cloths=pieces))
        self._recipe, self._split = recipe, split

    def crop_at(self, seed: int, number: int) -> tuple[Crop, MaskClass, CropInfo]:
        """Crop ``number`` of the endless row that ``seed`` stands for, (32, 32, 3) uint8 RGB; classes take turns."""
        rng = np.random.default_rng([seed, number, list(Split).index(self._split)])
        mask_class = MaskClass(number % len(MaskClass))
        if rng.random() < self._recipe.drawn:
            return self._drawn(rng, mask_class), mask_class, CropInfo("drawn")
        if mask_class is MaskClass.CORRECT and len(self._real) and rng.random() < self._recipe.real:
            at = int(self._real[rng.integers(len(self._real))])
            pixels, look = self._patches.pixels[at], CropInfo("real", identity=str(self._patches.identities[at]))
            if self._patches.is_mapped[at] and rng.random() < self._recipe.skin_beside:
                pixels = self._uncovered(rng, mask_class, at)
        elif self._is_uncovered(rng, mask_class):
            at = int(self._mapped[rng.integers(len(self._mapped))])
            pixels = self._uncovered(rng, mask_class, at)
            look = CropInfo("uncovered", "real", identity=str(self._patches.identities[at]))
        else:
            at = int(self._bare[rng.integers(len(self._bare))])
            pixels, look = self.dress(rng, mask_class, at)
        box = Box(*self._patches.boxes[at].tolist())
        return capture(pixels, box, self._recipe.geometry, DETECTOR_JITTER, rng), mask_class, look

    def _is_uncovered(self, rng: np.random.Generator, mask_class: MaskClass) -> bool:
        share = self._recipe.uncovered
        if mask_class is MaskClass.CORRECT or not share or not len(self._mapped):
            return False
        return bool(rng.random() < share)

    def _uncovered(self, rng: np.random.Generator, mask_class: MaskClass, at: int) -> NDArray[np.uint8]:
        """Real mask ``at`` with somebody's skin laid over part of it, or, where it is worn correctly, beside it."""
        patches, donor = self._patches, self._donor(rng, at)
        return uncover(
            patches.pixels[at],
            plane_map(patches.planes[at]),
            patches.pixels[donor],
            plane_map(patches.planes[donor]),
            picture_map(patches.pictures[donor]),
            mask_class,
            rng,
        )

    def _donor(self, rng: np.random.Generator, at: int) -> int:
        """The bare face, of a few, whose skin is nearest in tone to that of face ``at``."""
        few = [at, *self._bare[rng.integers(len(self._bare), size=_DONORS)].tolist()]
        skin_tones = np.log(
            [skin_tone(self._patches.pixels[one], plane_map(self._patches.planes[one])) + 1 for one in few]
        )
        return int(few[1 + np.abs(skin_tones[1:] - skin_tones[0]).sum(axis=1).argmin()])

    def dress(self, rng: np.random.Generator, mask_class: MaskClass, at: int) -> tuple[NDArray[np.uint8], CropInfo]:
        """Bare face ``at`` of the split, wearing a mask so: its patch (128, 128, 3) uint8 BGR."""
        pixels, plane = self._patches.pixels[at], plane_map(self._patches.planes[at])
        skin = skin_colour(pixels, plane)
        is_bare = mask_class is MaskClass.NOSE_MOUTH and rng.random() < self._recipe.bare
        occlusions = choose_occlusions(rng, mask_class, is_bare=is_bare)
        for occlusion in (one for one in occlusions if one in UNDER_MASK):
            pixels = apply_occlusion(pixels, plane, draw_occlusion(occlusion, rng, skin, is_bare=is_bare), rng)
        kind, colour = "bare", ""
        if not is_bare:
            mask = self._catalogue.mask(rng, mask_class, skin)
            pixels = apply_mask(pixels, plane, mask, float(self._patches.turns[at]), rng)
            kind, colour = mask.kind.value, mask.colour
        for occlusion in (one for one in occlusions if one not in UNDER_MASK):
            pixels = apply_occlusion(pixels, plane, draw_occlusion(occlusion, rng, skin, is_bare=is_bare), rng)
        names = "+".join(occlusion.value for occlusion in occlusions)
        return pixels, CropInfo(kind, colour, names, str(self._patches.identities[at]))

    def _drawn(self, rng: np.random.Generator, mask_class: MaskClass) -> Crop:
        if rng.random() < 0.6:
            return drawn_head(rng, mask_class, self._recipe.geometry)
        return capture(*drawn_scene(rng, mask_class), self._recipe.geometry, FIXED_REGION_JITTER, rng)


def generate(
    file: Path, data: Path, split: Split, recipe: Recipe, seed: int, count: int, *, processes: int = 2
) -> Iterator[tuple[NDArray[np.uint8], list[CropInfo]]]:
    """Make ``count`` crops in parts, (n, 32, 32, 3) uint8 RGB, in order, the same for any number of processes."""
    jobs = [(file, data, split, recipe, seed, at, min(at + _CHUNK, count)) for at in range(0, count, _CHUNK)]
    # Spawned, since a process forked after torch has run its threads hangs.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_part, jobs)


def _part(job: tuple[Path, Path, Split, Recipe, int, int, int]) -> tuple[NDArray[np.uint8], list[CropInfo]]:
    # A process reads the faces anew for each part: half a second beside the six that the part takes.
    file, data, split, recipe, seed, start, end = job
    cv2.setNumThreads(1)
    synthesis = Synthesis(stored.load(file), split, MaskCatalogue.read(data), recipe)
    made = [synthesis.crop_at(seed, number) for number in range(start, end)]
    return np.stack([crop for crop, _, _ in made]), [look for _, _, look in made]
