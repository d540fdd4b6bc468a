"""The trained network as the daemon loads it: weights in half precision, and where they came from.

python -m overlays.finder.export work/finder/lookout.pt --data ../shared/data --out daemon/binarycop/faces/lookout

Several checkpoints are exported as their mean.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from binarycop.faces.lookout.engine import OpenCvEngine
from binarycop.faces.lookout.finder import WEIGHTS, Lookout
from overlays.finder.loop import restore
from overlays.finder.network import LookoutNet, folded
from overlays.finder.threshold import choose

_LOW = 0.05  # a threshold below any that may be chosen
PROVENANCE = WEIGHTS.with_name("provenance.json")


def export(net: LookoutNet, folder: Path, provenance: dict[str, Any]) -> None:
    """Write ``weights.npz``, and ``provenance.json`` with its SHA-256 beside what is handed in."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / WEIGHTS.name
    np.savez(file, allow_pickle=False, **folded(net))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    text = json.dumps({"file": file.name, "sha256": digest, **provenance}, indent=2)
    (folder / PROVENANCE.name).write_text(text + "\n", encoding="utf-8")


def export_with_threshold(net: LookoutNet, folder: Path, provenance: dict[str, Any], data: Path) -> None:
    """The same, with the threshold that the pictures which only validate ask for."""
    export(net, folder, provenance)
    export(net, folder, {**provenance, "threshold": choose(finder_of(net, _LOW), data, print)})


def finder_of(net: LookoutNet, threshold: float) -> Lookout:
    """The finder that the daemon would make of a network."""
    return Lookout(
        OpenCvEngine({name: one.astype(np.float32) for name, one in folded(net).items()}), threshold=threshold
    )


def main() -> None:
    """Export checkpoints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    names = {"mean_of": [one.stem for one in arguments.checkpoints]}
    export_with_threshold(restore(*arguments.checkpoints), arguments.out, names, arguments.data)


if __name__ == "__main__":
    main()
