"""Write heat maps over the crops of given pictures.

    python -m overlays.explain --bundle overlays/bundles/n-cnv --out work/explained PICTURE ...

For each picture it writes the crop of the face as the daemon makes it and, to its right, the crop under the Grad-CAM
heat map of the predicted class (or of --label). The files show faces: the folder gets a .gitignore, and its files must
not be passed on.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from binarycop.bundle import files as bundles
from binarycop.classes import LABELS
from binarycop.detection.crop import crop
from binarycop.errors import BinaryCoPError, UndecodableFrame
from binarycop.frames.image import read_picture
from binarycop.geometry import Box
from overlays.command_line import make_parser, print_progress
from overlays.explain.gradcam import heat, outputs
from overlays.explain.heat_map import side_by_side
from overlays.export.torch_network import torch_network
from overlays.synthesis.patches import YUNET
from overlays.training.evaluation import front_box, yunet_detector


def main() -> int:
    """Write the heat maps. Returns 1 if a picture cannot be read or shows no face."""
    arguments = _arguments()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / ".gitignore").write_text("*\n", encoding="utf-8")
    missed = 0
    try:
        bundle = bundles.load(arguments.bundle)
        detector = None if arguments.box else yunet_detector(arguments.data / YUNET)
        net = torch_network(bundle)
        for number, path in enumerate(arguments.pictures, 1):
            try:
                pixels = read_picture(path)
            except UndecodableFrame as error:
                missed += _report_miss(str(error))
                continue
            box = front_box(pixels, detector) if detector else Box(*arguments.box)
            if box is None:
                missed += _report_miss(f"no face found in {path}")
                continue
            face = crop(pixels, box, bundle.manifest.crop)
            print_progress(_explain(net, face, arguments.label, arguments.out / f"{number:03}-{path.stem}"))
    except (BinaryCoPError, ValueError, OSError) as error:
        missed += _report_miss(str(error))
    return 1 if missed else 0


def _explain(net: nn.Module, face: NDArray[np.uint8], label: str | None, stem: Path) -> str:
    """Write the heat map of one crop. Returns a line that says what it shows."""
    (scores,) = outputs(net, face[None])
    predicted = LABELS[int(scores.argmax())]
    shown = label or predicted
    (cells,) = heat(net, face[None], np.array([LABELS.index(shown)]))
    file = stem.with_name(f"{stem.name}-{shown}.png")
    cv2.imwrite(str(file), side_by_side(face, cells))
    values = ", ".join(f"{label} {score:g}" for label, score in zip(LABELS, scores.tolist()))
    return f"{file}: predicted {predicted} ({values}); heat of {shown}"


def _report_miss(line: str) -> int:
    print(f"explain: {line}", file=sys.stderr)
    return 1


def _arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("pictures", type=Path, nargs="+", metavar="PICTURE")
    parser.add_argument("--bundle", type=Path, required=True, help="folder of the bundle")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--label", choices=LABELS, help="explain this class (default: the predicted one)")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="data folder with YuNet's model")
    box = "the face's box in every picture, in pixels, instead of YuNet's"
    parser.add_argument("--box", type=float, nargs=4, metavar=("X", "Y", "WIDTH", "HEIGHT"), help=box)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
