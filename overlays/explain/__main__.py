"""Where does a network look? Heat maps over the crops of given pictures.

    python -m overlays.explain --bundle overlays/bundles/n-cnv --out work/explained PICTURE ...

For each picture the daemon's own crop of its face and, beside it, the same under the Grad-CAM heat of the class that
was called (or of --label). What is written shows faces: the folder keeps itself out of git, and nothing in it is to be
passed on.
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
from overlays.explain.gradcam import heat, outputs
from overlays.explain.heat_map import side_by_side
from overlays.export.torch_network import torch_network
from overlays.networks.tables import CNV, NETWORKS
from overlays.synthesis.patches import YUNET
from overlays.training.evaluation import front_box, yunet_detector
from overlays.training.loop import restore


def main() -> int:
    """Write the overlays; 1 where a picture could not be read or shows no face."""
    arguments = _arguments()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / ".gitignore").write_text("*\n", encoding="utf-8")
    missed = 0
    try:
        bundle = bundles.load(arguments.bundle)
        finder = None if arguments.box else yunet_detector(arguments.data / YUNET)
        net = _reference(arguments) if arguments.reference else torch_network(bundle)
        for number, path in enumerate(arguments.pictures, 1):
            try:
                pixels = read_picture(path)
            except UndecodableFrame as error:
                missed += _missed(str(error))
                continue
            box = front_box(pixels, finder) if finder else Box(*arguments.box)
            if box is None:
                missed += _missed(f"no face found in {path}")
                continue
            one = crop(pixels, box, bundle.manifest.crop)
            print(_explain(net, one, arguments.label, arguments.out / f"{number:03}-{path.stem}"), flush=True)
    except (BinaryCoPError, ValueError, OSError) as error:
        missed += _missed(str(error))
    return 1 if missed else 0


def _reference(arguments: argparse.Namespace) -> nn.Module:
    return restore(arguments.reference, NETWORKS[arguments.reference_network]).eval()


def _explain(net: nn.Module, one: NDArray[np.uint8], label: str | None, stem: Path) -> str:
    """Write one overlay; returns what it shows."""
    (scores,) = outputs(net, one[None])
    called = LABELS[int(scores.argmax())]
    shown = label or called
    (cells,) = heat(net, one[None], np.array([LABELS.index(shown)]))
    file = stem.with_name(f"{stem.name}-{shown}.png")
    cv2.imwrite(str(file), side_by_side(one, cells))
    said = ", ".join(f"{label} {score:g}" for label, score in zip(LABELS, scores.tolist()))
    return f"{file}: called {called} ({said}); heat of {shown}"


def _missed(line: str) -> int:
    print(f"explain: {line}", file=sys.stderr)
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path, nargs="+", metavar="PICTURE")
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="a folder")
    parser.add_argument("--label", choices=LABELS, help="explain this class (default: the one called)")
    parser.add_argument("--reference", type=Path, help="explain this checkpoint, in full precision, not the bundle")
    parser.add_argument("--reference-network", choices=list(NETWORKS), default=CNV.name)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="has YuNet's model")
    box = "the face's place in every picture, in pixels, instead of YuNet's"
    parser.add_argument("--box", type=float, nargs=4, metavar=("X", "Y", "WIDTH", "HEIGHT"), help=box)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
