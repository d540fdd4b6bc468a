"""A contact sheet of training crops, two rows for each class. It shows faces: never commit it.

python -m overlays.synthesis.contact_sheet --patches work/patches.npz --data ../shared/data --out work/sheet.png
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from overlays.command_line import add_data_option, add_patches_option, make_parser
from overlays.synthesis import patches
from overlays.synthesis.dataset import Recipe, Synthesis
from overlays.synthesis.faces import Split
from overlays.synthesis.masks import MaskCatalogue


def sheet(synthesis: Synthesis, seed: int, columns: int, zoom: int) -> NDArray[np.uint8]:
    """A sheet of enlarged crops, uint8 BGR: two rows of ``columns`` crops for each class."""
    rows = []
    for mask_class in MaskClass:
        crops = [synthesis.crop_at(seed, column * len(MaskClass) + mask_class)[0] for column in range(columns * 2)]
        for row in (crops[:columns], crops[columns:]):
            rows.append(
                np.hstack([cv2.resize(crop, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST) for crop in row])
            )
    return np.ascontiguousarray(np.vstack(rows)[:, :, ::-1])


def main() -> None:
    """Write the sheet."""
    parser = make_parser(__doc__)
    add_patches_option(parser)
    add_data_option(parser)
    parser.add_argument("--out", type=Path, required=True, help="the picture to write")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=[split.value for split in Split], default=Split.TRAIN.value)
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
