"""Labelled 32×32 crops of the four classes, made from dressed faces, real masks and drawn heads."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.geometry import Box, CropGeometry
from overlays.synthesis import patches as stored
from overlays.synthesis.camera import FIXED_REGION_JITTER, LOOKOUT_JITTER, capture_all
from overlays.synthesis.compositing import FaceLight, apply_mask, apply_occlusion
from overlays.synthesis.faces import Split
from overlays.synthesis.heads import demo_crop, drawn_scene
from overlays.synthesis.mask_removal import skin_tone, tone_gain, uncover
from overlays.synthesis.mask_texture import cut_cloth
from overlays.synthesis.masks import MaskCatalogue
from overlays.synthesis.occlusions import UNDER_MASK, choose_occlusions, draw_occlusion
from overlays.synthesis.patches import Patches, picture_map, plane_map

Crop = NDArray[np.uint8]
_DONORS = 8
GEOMETRY = CropGeometry(margin=1.15, shift_y=0.06)
"""The crop is slightly lower than the box, since the skin below the mask distinguishes ``chin`` from ``correct``."""


@dataclass(frozen=True)
class Recipe:
    """How often each kind of crop occurs.

    drawn: share of drawn heads in all classes. real: share of real masks in ``correct``. uncovered: share of real,
    partly removed masks in the other classes. adjacent_skin: share of the real masks in ``correct`` that get pasted
    skin next to the mask; without it, the edge of pasted skin would mean "not correct". bare: share of faces without a
    mask in ``nose_mouth``. spare_px: pixels that a crop has beyond its edge, so that training can shift it.
    """

    geometry: CropGeometry = GEOMETRY
    drawn: float = 0.08
    real: float = 0.40
    uncovered: float = 0.35
    adjacent_skin: float = 0.5
    bare: float = 0.45
    spare_px: int = 0


@dataclass(frozen=True)
class CropInfo:
    """What a crop shows.

    kind: the kind of mask, or ``bare``, ``real``, ``uncovered`` or ``drawn``. colour: name of the cloth's colour, or
    empty. occlusions: their names, joined by ``+``. identity: as in ``Patches.identities``; empty for a drawn head.
    turn: as in ``Patches.turns``; NaN if it is not known.
    """

    kind: str
    colour: str = ""
    occlusions: str = ""
    identity: str = ""
    turn: float = float("nan")


class Synthesis:
    """Makes the crops of one split. A crop depends only on the seed and its number."""

    def __init__(self, patches: Patches, split: Split, catalogue: MaskCatalogue, recipe: Recipe) -> None:
        self._patches = patches.of(split)
        is_bare = self._patches.is_bare
        self._bare, self._real = np.flatnonzero(is_bare), np.flatnonzero(~is_bare)
        self._mapped = np.flatnonzero(~is_bare & self._patches.is_mapped)
        boxes = self._patches.boxes
        pieces = tuple(cut_cloth(self._patches.pixels[at], tuple(boxes[at].tolist())) for at in self._real)
        # All classes get cloth of real masks. Otherwise real cloth would point to the class with real pictures.
        self._catalogue = replace(catalogue, textures=replace(catalogue.textures, cloths=pieces))
        self._recipe, self._split = recipe, split
        self._lights: dict[int, FaceLight] = {}
        self._tones: dict[int, NDArray[np.float64]] = {}

    def crop_at(self, seed: int, number: int) -> tuple[Crop, MaskClass, CropInfo]:
        """The first crop of ``crops_at``."""
        crops, mask_class, info = self.crops_at(seed, number, views=1)
        return crops[0], mask_class, info

    def crops_at(self, seed: int, number: int, views: int) -> tuple[NDArray[np.uint8], MaskClass, CropInfo]:
        """Crops of subject ``number`` of the endless sequence of ``seed``, each seen by another camera.

        Returns (views, S, S, 3) uint8 RGB, S being 32 plus the recipe's spare pixels. The classes alternate.
        """
        rng = np.random.default_rng([seed, number, list(Split).index(self._split)])
        mask_class, recipe = MaskClass(number % len(MaskClass)), self._recipe
        if rng.random() < recipe.drawn:
            return self._drawn(rng, mask_class, views), mask_class, CropInfo("drawn")
        if mask_class is MaskClass.CORRECT and len(self._real) and rng.random() < recipe.real:
            at = int(self._real[rng.integers(len(self._real))])
            pixels, info = self._patches.pixels[at], CropInfo("real", identity=str(self._patches.identities[at]))
            if self._patches.is_mapped[at] and rng.random() < recipe.adjacent_skin:
                pixels = self._uncovered(rng, mask_class, at)
        elif self._is_uncovered(rng, mask_class):
            at = int(self._mapped[rng.integers(len(self._mapped))])
            pixels = self._uncovered(rng, mask_class, at)
            info = CropInfo("uncovered", "real", identity=str(self._patches.identities[at]))
        else:
            at = int(self._bare[rng.integers(len(self._bare))])
            pixels, info = self.dress(rng, mask_class, at)
        box = Box(*self._patches.boxes[at].tolist())
        cut = {"views": views, "spare_px": recipe.spare_px}
        crops = capture_all(pixels, box, recipe.geometry, LOOKOUT_JITTER, rng, **cut)
        turn = float(self._patches.turns[at]) if self._patches.is_mapped[at] else float("nan")
        return crops, mask_class, replace(info, turn=turn)

    def _is_uncovered(self, rng: np.random.Generator, mask_class: MaskClass) -> bool:
        share = self._recipe.uncovered
        if mask_class is MaskClass.CORRECT or not share or not len(self._mapped):
            return False
        return bool(rng.random() < share)

    def _uncovered(self, rng: np.random.Generator, mask_class: MaskClass, at: int) -> NDArray[np.uint8]:
        """Patch ``at`` with skin pasted over part of its real mask, or next to the mask for the class ``correct``."""
        patches, donor = self._patches, self._donor(rng, at)
        return uncover(
            patches.pixels[at],
            plane_map(patches.planes[at]),
            patches.pixels[donor],
            picture_map(patches.pictures[donor]),
            tone_gain(self._tone(at), self._tone(donor)),
            mask_class,
            rng,
        )

    def _tone(self, at: int) -> NDArray[np.float64]:
        """The skin tone of patch ``at``, measured once."""
        if at not in self._tones:
            self._tones[at] = skin_tone(self._patches.pixels[at], plane_map(self._patches.planes[at]))
        return self._tones[at]

    def _donor(self, rng: np.random.Generator, at: int) -> int:
        """Of a few random bare faces, the one whose skin tone is nearest to that of patch ``at``."""
        candidates = [at, *self._bare[rng.integers(len(self._bare), size=_DONORS)].tolist()]
        tones = np.log([self._tone(k) + 1 for k in candidates])
        return int(candidates[1 + np.abs(tones[1:] - tones[0]).sum(axis=1).argmin()])

    def dress(self, rng: np.random.Generator, mask_class: MaskClass, at: int) -> tuple[NDArray[np.uint8], CropInfo]:
        """Bare patch ``at`` of the split with a mask worn as the class says: (128, 128, 3) uint8 BGR."""
        pixels, plane = self._patches.pixels[at], plane_map(self._patches.planes[at])
        light = self._lights.get(at)
        if light is None:
            light = self._lights[at] = FaceLight.of(pixels, plane)
        skin = light.skin
        is_bare = mask_class is MaskClass.NOSE_MOUTH and rng.random() < self._recipe.bare
        occlusions = choose_occlusions(rng, mask_class, is_bare=is_bare)
        for occlusion in (occlusion for occlusion in occlusions if occlusion in UNDER_MASK):
            pixels = apply_occlusion(pixels, plane, draw_occlusion(occlusion, rng, skin, is_bare=is_bare), light, rng)
        kind, colour = "bare", ""
        if not is_bare:
            mask = self._catalogue.mask(rng, mask_class, skin)
            pixels = apply_mask(pixels, plane, mask, float(self._patches.turns[at]), light, rng)
            kind, colour = mask.kind.value, mask.colour
        for occlusion in (occlusion for occlusion in occlusions if occlusion not in UNDER_MASK):
            pixels = apply_occlusion(pixels, plane, draw_occlusion(occlusion, rng, skin, is_bare=is_bare), light, rng)
        names = "+".join(occlusion.value for occlusion in occlusions)
        return pixels, CropInfo(kind, colour, names, str(self._patches.identities[at]))

    def _drawn(self, rng: np.random.Generator, mask_class: MaskClass, views: int) -> NDArray[np.uint8]:
        geometry, spare_px = self._recipe.geometry, self._recipe.spare_px
        canvas, box = drawn_scene(rng, mask_class)
        if rng.random() < 0.6:
            return np.stack([demo_crop(canvas, box, geometry, rng, spare_px) for _ in range(views)])
        return capture_all(canvas, box, geometry, FIXED_REGION_JITTER, rng, views=views, spare_px=spare_px)


def generate(
    file: Path,
    data: Path,
    split: Split,
    recipe: Recipe,
    seed: int,
    numbers: range,
    *,
    views: int = 1,
    part: int = 1000,
    processes: int = 2,
) -> Generator[tuple[NDArray[np.uint8], list[CropInfo]], None, None]:
    """Make the crops of the subjects ``numbers`` in several processes. The crops do not depend on their number.

    file: the patches. Yields parts in order, of ``part`` subjects each: crops (n, views, S, S, 3) uint8 RGB and what
    they show. No more than two parts for each process are made in advance.
    """
    # Spawned, since a process that is forked after torch has used threads hangs.
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_begin, initargs=(file, data, split, recipe)
    ) as pool:
        waiting: deque[Future[tuple[NDArray[np.uint8], list[CropInfo]]]] = deque()
        try:
            for at in range(numbers.start, numbers.stop, part):
                waiting.append(pool.submit(_make_part, seed, range(at, min(at + part, numbers.stop)), views))
                if len(waiting) > 2 * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


_synthesis: Synthesis | None = None  # of a worker process


def _begin(file: Path, data: Path, split: Split, recipe: Recipe) -> None:
    """Read the faces, once for each process."""
    global _synthesis  # noqa: PLW0603 - the one way in which an executor's worker keeps something
    cv2.setNumThreads(1)
    _synthesis = Synthesis(stored.load(file), split, MaskCatalogue.read(data), recipe)


def _make_part(seed: int, numbers: range, views: int) -> tuple[NDArray[np.uint8], list[CropInfo]]:
    assert _synthesis is not None
    made = [_synthesis.crops_at(seed, number, views) for number in numbers]
    return np.stack([crops for crops, _, _ in made]), [info for _, _, info in made]
