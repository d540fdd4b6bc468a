"""A large, fixed set of synthetic crops on disk: made once from a seed, and seen many times in training."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.faces.crop import SIDE_PX
from binarycop.wearing import LABELS
from overlays.synthesis.dataset import Recipe, generate
from overlays.synthesis.faces import Split
from overlays.training.evaluation import Labelled


def pool(
    folder: Path,
    patches: Path,
    data: Path,
    split: Split,
    recipe: Recipe,
    seed: int,
    count: int,
    progress: Callable[[str], None],
) -> Labelled:
    """The crops of ``generate``, read from ``folder`` where they have been made before from the same recipe and faces.

    Whoever changes the code of ``synthesis`` empties the folder.
    """
    key = hashlib.sha256(f"{recipe} {patches.stat().st_size}".encode()).hexdigest()[:8]
    file = folder / f"{split.value}-{seed}-{count}-{key}.npy"
    classes = np.arange(count) % len(LABELS)
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".part")
        shape = (count, SIDE_PX, SIDE_PX, 3)
        crops: NDArray[np.uint8] = np.lib.format.open_memmap(partial, "w+", np.uint8, shape)
        done = 0
        for made in generate(patches, data, split, recipe, seed, count):
            crops[done : done + len(made)] = made
            done += len(made)
            progress(f"{split.value}: {done} of {count} crops made")
        del crops
        partial.replace(file)
    return Labelled(np.load(file), classes)
