"""Large, fixed sets of synthetic crops on disk: generated once from a seed, used in every epoch."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from binarycop.classes import LABELS
from binarycop.geometry import SIDE_PX
from overlays.atomic_write import atomic_write
from overlays.synthesis.dataset import Recipe, generate
from overlays.synthesis.faces import Split
from overlays.training.evaluation import LabelledCrops


@dataclass(frozen=True)
class CropStore:
    """Crops with their classes; kinds, colours, occlusions, identities, turns: (N,) each, as in ``CropInfo``."""

    labelled: LabelledCrops
    kinds: NDArray[np.str_]
    colours: NDArray[np.str_]
    occlusions: NDArray[np.str_]
    identities: NDArray[np.str_]
    turns: NDArray[np.float32]

    @property
    def sha256(self) -> str:
        """The hash of all pixels, in order."""
        return hashlib.sha256(np.ascontiguousarray(self.labelled.crops).data).hexdigest()


def load_or_make(
    folder: Path,
    patches: Path,
    data: Path,
    split: Split,
    recipe: Recipe,
    seed: int,
    count: int,
) -> CropStore:
    """The crops of ``generate``, read from ``folder`` if they were made before from the same recipe and faces.

    The file's name does not depend on the code: delete the folder after a change to ``synthesis``.
    """
    key = hashlib.sha256(f"{recipe} {patches.stat().st_size}".encode()).hexdigest()[:8]
    file = folder / f"{split.value}-{seed}-{count}-{key}.npy"
    info_file = file.with_suffix(".npz")
    if not (file.exists() and info_file.exists()):
        _make(file, info_file, patches, data, split, recipe, seed, count)
    return read(file)


def read(file: Path) -> CropStore:
    """The crops of a file of ``load_or_make``."""
    with np.load(file.with_suffix(".npz"), allow_pickle=False) as stored:
        infos = {name: stored[name] for name in stored.files}
    crops = np.load(file)
    infos.setdefault("turns", np.full(len(crops), np.nan, np.float32))  # missing in the fixed sets of older code
    return CropStore(LabelledCrops(crops, np.arange(len(crops)) % len(LABELS)), **infos)


def _make(
    file: Path,
    info_file: Path,
    patches: Path,
    data: Path,
    split: Split,
    recipe: Recipe,
    seed: int,
    count: int,
) -> None:
    with atomic_write(file) as partial:
        crops: NDArray[np.uint8] = np.lib.format.open_memmap(partial, "w+", np.uint8, (count, SIDE_PX, SIDE_PX, 3))
        infos, done = [], 0
        with tqdm(total=count, desc=f"{split.value} crops", leave=False, disable=None) as bar:
            for part, part_infos in generate(patches, data, split, recipe, seed, range(count)):
                crops[done : done + len(part)] = part[:, 0]
                infos += part_infos
                done += len(part)
                bar.update(len(part))
        del crops
        np.savez_compressed(
            info_file,
            kinds=np.array([info.kind for info in infos]),
            colours=np.array([info.colour for info in infos]),
            occlusions=np.array([info.occlusions for info in infos]),
            identities=np.array([info.identity for info in infos]),
            turns=np.array([info.turn for info in infos], np.float32),
        )
