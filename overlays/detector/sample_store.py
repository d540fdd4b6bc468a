"""A store of scenes on disk: the same from its seed, and read without taking memory."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Detector
from binarycop.evaluation.annotated import Group
from overlays.detector import manual_labels, split
from overlays.detector.backgrounds import HEIGHT_PX, WIDTH_PX
from overlays.detector.hard_negatives import mine_hard_negatives
from overlays.detector.labels import LabelledImage, YuNetLabeller
from overlays.detector.pose_augmentation import views
from overlays.detector.scenes import Scene, Sources, make_scene
from overlays.detector.split import Part
from overlays.synthesis import faces, landmarks, patches
from overlays.synthesis.dataset import Recipe, Synthesis
from overlays.synthesis.faces import Split
from overlays.synthesis.mask_texture import MaskTextures
from overlays.synthesis.masks import MaskCatalogue

_MOST = 40  # boxes of a frame that are kept
_SAID = 2000
_FAIR_AGAIN, _BARE_AGAIN = 2, 2


@dataclass(frozen=True)
class SceneStore:
    """pixels: (N, H, W, 3) uint8 BGR, in one or several stores. boxes: (N, 40, 5) float32, x, y, width, height, and 1
    for a face, -1 for what counts neither way, 0 for none.
    """

    stores: tuple[NDArray[np.uint8], ...]
    boxes: NDArray[np.float32]

    @staticmethod
    def joined(*pools: "SceneStore") -> "SceneStore":
        """All scenes of several, in their order."""
        return SceneStore(
            tuple(store for one in pools for store in one.stores), np.concatenate([one.boxes for one in pools])
        )

    def __len__(self) -> int:
        return len(self.boxes)

    def frames(self, chosen: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The frames (n, H, W, 3) of some scenes' numbers (n,) in rising order."""
        starts = np.cumsum([0, *(len(store) for store in self.stores)])
        cuts = np.searchsorted(chosen, starts)
        parts = [
            store[chosen[low:high] - start] for store, start, low, high in zip(self.stores, starts, cuts, cuts[1:])
        ]
        return np.concatenate(parts)


@dataclass(frozen=True)
class SourceFiles:
    """The files that ``overlays.synthesis`` made: ``landmarks`` and ``patches``."""

    landmarks: Path
    patches: Path


def read_sources(data: Path, stored: SourceFiles, seed: int, before: Detector | None) -> Sources:
    """Read and label all pictures that may be learned from.

    before: an earlier stage, with a low threshold; what it takes for a face and is none comes often.
    """
    teacher = YuNetLabeller(data / patches.YUNET)
    pictures = split.annotated(data, Part.FIT)
    # Bare faces among others are the fewest of all.
    pictures += _BARE_AGAIN * [one for one in pictures if any(face.group is Group.BARE for face in one.faces)]
    crowds = teacher.crowd(pictures, manual_labels.read())
    reported = split.reported_hashes(data, split.reported_paths(data))
    bare = [one for one in faces.bare(data) if one.split is Split.TRAIN]
    # Fair faces in the wild are the fewest, and the most like what a gate sees.
    bare += _FAIR_AGAIN * [one for one in bare if one.source == "fairface540"]
    names = {
        "bare": [one.name for one in bare],
        "masked": [one.name for one in faces.correctly_masked(data)],
    }
    taken = split.taken_from(data)
    meshes = landmarks.load(stored.landmarks)
    image: dict[str, tuple[LabelledImage, ...]] = {}
    for kind, many in names.items():
        used = [name for name in many if name not in taken]
        seen: dict[str, list[LabelledImage]] = {}
        for number, name in enumerate(dict.fromkeys(used)):
            if split.is_near_duplicate(reported, data / name):
                continue
            portrait = np.asarray(cv2.imread(str(data / name)), np.uint8)
            known = [teacher.portrait(view) for view in views(portrait, meshes.get(name), [seed, number])]
            seen[name] = [one for one in known if one is not None]
        image[kind] = tuple(one for name in used for one in seen.get(name, ()))
    kept = patches.load(stored.patches).of(Split.TRAIN)
    dressed = Synthesis(kept, Split.TRAIN, MaskCatalogue.read(data), Recipe())
    is_mapped = kept.is_bare & kept.is_mapped
    textures = MaskTextures.read(data).textures
    return Sources(
        tuple(crowds),
        image["bare"],
        image["masked"],
        dressed,
        np.flatnonzero(is_mapped),
        kept.boxes,
        textures,
        tuple(mine_hard_negatives(before, (*crowds, *image["bare"], *image["masked"]))) if before else (),
    )


def load_or_make(
    data: Path,
    stored: SourceFiles,
    seed: int,
    count: int,
    file: Path,
    say: Callable[[str], None],
    before: Detector | None = None,
) -> SceneStore:
    """The scenes of a file, (N, 192, 256, 3) in numpy's format; they are made first where it is not whole."""
    boxes_file = _boxes_of(file)
    if not boxes_file.exists():
        sources = read_sources(data, stored, seed, before)
        say(f"{len(sources.hard_negatives)} decoys")
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.lib.format.open_memmap(file, "w+", np.uint8, (count, HEIGHT_PX, WIDTH_PX, 3))
        boxes = np.zeros((count, _MOST, 5), np.float32)
        for number in range(count):
            made = make_scene(sources, np.random.default_rng([seed, number]))
            pixels[number], boxes[number] = made.pixels, box_table(made)
            if (number + 1) % _SAID == 0:
                say(f"{number + 1} of {count} scenes made")
        pixels.flush()
        # Written last: it says that the scenes are whole.
        np.save(boxes_file, boxes)
    return read(file)


def read(file: Path) -> SceneStore:
    """The scenes of a file that ``take`` made."""
    return SceneStore((np.load(file, mmap_mode="r"),), np.load(_boxes_of(file)))


def _boxes_of(file: Path) -> Path:
    return file.with_suffix(".boxes.npy")


def box_table(made: Scene) -> NDArray[np.float32]:
    """A scene's boxes as ``Pool`` has them, the largest first."""
    every = [(box, 1.0) for box in made.faces] + [(box, -1.0) for box in made.ignored]
    every.sort(key=lambda pair: -pair[0].area_px)
    table = np.zeros((_MOST, 5), np.float32)
    for at, (box, sign) in enumerate(every[:_MOST]):
        table[at] = box.x_px, box.y_px, box.width_px, box.height_px, sign
    return table
