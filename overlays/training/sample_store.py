"""Large, fixed sets of synthetic crops on disk: made once from a seed, and seen many times in training."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from binarycop.classes import LABELS
from binarycop.geometry import SIDE_PX
from overlays.synthesis.dataset import Recipe, generate
from overlays.synthesis.faces import Split
from overlays.training.evaluation import LabelledCrops


@dataclass(frozen=True)
class CropStore:
    """labelled: crops and classes. kinds, colours, extras, identities: what is on each crop and who (N,) text."""

    labelled: LabelledCrops
    kinds: NDArray[np.str_]
    colours: NDArray[np.str_]
    occlusions: NDArray[np.str_]
    identities: NDArray[np.str_]

    @property
    def sha256(self) -> str:
        """Of the pixels, in order."""
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
    """The crops of ``generate``, read from ``folder`` where they have been made before from the same recipe and faces.

    Whoever changes the code of ``synthesis`` empties the folder.
    """
    key = hashlib.sha256(f"{recipe} {patches.stat().st_size}".encode()).hexdigest()[:8]
    file = folder / f"{split.value}-{seed}-{count}-{key}.npy"
    told = file.with_suffix(".npz")
    if not (file.exists() and told.exists()):
        _make(file, told, patches, data, split, recipe, seed, count)
    with np.load(told, allow_pickle=False) as looks:
        texts = {name: looks[name] for name in looks.files}
    return CropStore(LabelledCrops(np.load(file), np.arange(count) % len(LABELS)), **texts)


def _make(
    file: Path,
    told: Path,
    patches: Path,
    data: Path,
    split: Split,
    recipe: Recipe,
    seed: int,
    count: int,
) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}")  # two runs may make the same crops at once
    crops: NDArray[np.uint8] = np.lib.format.open_memmap(partial, "w+", np.uint8, (count, SIDE_PX, SIDE_PX, 3))
    looks, done = [], 0
    bar = tqdm(total=count, desc=f"{split.value} crops", leave=False, disable=None)
    for made, seen in generate(patches, data, split, recipe, seed, count):
        crops[done : done + len(made)] = made
        looks += seen
        done += len(made)
        bar.update(len(made))
    bar.close()
    del crops
    np.savez_compressed(
        told,
        kinds=np.array([look.kind for look in looks]),
        colours=np.array([look.colour for look in looks]),
        occlusions=np.array([look.occlusions for look in looks]),
        identities=np.array([look.identity for look in looks]),
    )
    partial.replace(file)
