"""Stores of training scenes on disk: generated once from a seed, and read without loading them into memory."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Detector
from overlays.detector.backgrounds import HEIGHT_PX, WIDTH_PX
from overlays.detector.scenes import Scene, make_scene
from overlays.detector.sources import SourceFiles, read_sources

_MAX_BOXES = 40  # per frame
_PROGRESS_STEP = 2000


@dataclass(frozen=True)
class SceneStore:
    """N scenes with their boxes.

    arrays: one or several of (n, H, W, 3) uint8 BGR, together N frames. boxes: (N, 40, 5) float32: x, y, width,
    height, and a sign: 1 for a face, -1 for a box that the loss ignores, 0 for an empty row.
    """

    arrays: tuple[NDArray[np.uint8], ...]
    boxes: NDArray[np.float32]

    @staticmethod
    def joined(*stores: "SceneStore") -> "SceneStore":
        """All scenes of several stores, in order."""
        return SceneStore(
            tuple(array for store in stores for array in store.arrays),
            np.concatenate([store.boxes for store in stores]),
        )

    def __len__(self) -> int:
        return len(self.boxes)

    def frames(self, chosen: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The frames (n, H, W, 3) of scenes, by their numbers (n,) in ascending order."""
        starts = np.cumsum([0, *(len(array) for array in self.arrays)])
        cuts = np.searchsorted(chosen, starts)
        parts = [
            array[chosen[low:high] - start] for array, start, low, high in zip(self.arrays, starts, cuts, cuts[1:])
        ]
        return np.concatenate(parts)


def load_or_make(
    data: Path,
    files: SourceFiles,
    seed: int,
    count: int,
    file: Path,
    progress: Callable[[str], None],
    previous: Detector | None = None,
) -> SceneStore:
    """The scenes of a file, (N, 192, 256, 3) in numpy's format. They are made first if the file is not complete.

    previous: the detector of an earlier stage, as in ``read_sources``.
    """
    boxes_file = _boxes_file(file)
    if not boxes_file.exists():
        sources = read_sources(data, files, seed, previous)
        progress(f"{len(sources.hard_negatives)} hard negatives")
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.lib.format.open_memmap(file, "w+", np.uint8, (count, HEIGHT_PX, WIDTH_PX, 3))
        boxes = np.zeros((count, _MAX_BOXES, 5), np.float32)
        for number in range(count):
            scene = make_scene(sources, np.random.default_rng([seed, number]))
            pixels[number], boxes[number] = scene.pixels, box_table(scene)
            if (number + 1) % _PROGRESS_STEP == 0:
                progress(f"{number + 1} of {count} scenes made")
        pixels.flush()
        # The boxes are written last: their file shows that the scenes are complete.
        np.save(boxes_file, boxes)
    return read(file)


def read(file: Path) -> SceneStore:
    """The scenes of a file that ``load_or_make`` made."""
    return SceneStore((np.load(file, mmap_mode="r"),), np.load(_boxes_file(file)))


def _boxes_file(file: Path) -> Path:
    return file.with_suffix(".boxes.npy")


def box_table(scene: Scene) -> NDArray[np.float32]:
    """The boxes of a scene in the form of ``SceneStore``, largest first; beyond 40 they are dropped."""
    every = [(box, 1.0) for box in scene.faces] + [(box, -1.0) for box in scene.ignored]
    every.sort(key=lambda pair: -pair[0].area_px)
    table = np.zeros((_MAX_BOXES, 5), np.float32)
    for at, (box, sign) in enumerate(every[:_MAX_BOXES]):
        table[at] = box.x_px, box.y_px, box.width_px, box.height_px, sign
    return table
