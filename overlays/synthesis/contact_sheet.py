"""A contact sheet of what training sees, a row per class. It shows faces: look at it, never commit it.

python -m overlays.synthesis.contact_sheet --patches work/patches.npz --data ../shared/data --out /tmp/sheet.png
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from overlays.synthesis import patches
from overlays.synthesis.dataset import Recipe, Synthesis
from overlays.synthesis.faces import Split
from overlays.synthesis.masks import MaskCatalogue


def sheet(synthesis: Synthesis, seed: int, columns: int, zoom: int) -> NDArray[np.uint8]:
    """(4·lines, columns) crops enlarged, uint8 BGR."""
    rows = []
    for mask_class in MaskClass:
        crops = [synthesis.crop_at(seed, column * len(MaskClass) + mask_class)[0] for column in range(columns * 2)]
        for line in (crops[:columns], crops[columns:]):
            rows.append(
                np.hstack([cv2.resize(one, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST) for one in line])
            )
    return np.ascontiguousarray(np.vstack(rows)[:, :, ::-1])


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patches", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=[one.value for one in Split], default=Split.TRAIN.value)
    arguments = parser.parse_args()
    synthesis = Synthesis(
        patches.load(arguments.patches),
        Split(arguments.split),
        MaskCatalogue.read(arguments.data),
        Recipe(),
    )
    cv2.imwrite(str(arguments.out), sheet(synthesis, arguments.seed, columns=18, zoom=2))


if __name__ == "__main__":
    main()
