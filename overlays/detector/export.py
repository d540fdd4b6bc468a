"""The trained networks as the daemon loads them, with the threshold for both together, and where they came from.

python -m overlays.detector.export --inspection work/detector/inspection.pt --data ../shared/data \
    --out daemon/binarycop/faces/lookout

A network without a checkpoint stays as it is; several checkpoints of one are exported as their mean.
"""

import argparse
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.lookout.detector import WEIGHTS, Lookout
from binarycop.detection.lookout.engine import OpenCvEngine
from binarycop.detection.lookout.network import PROPOSAL, REFINEMENT, Network, Weights
from binarycop.detection.lookout.refinement import RefinementStage
from binarycop.detection.lookout.weights import LEVEL_MAX, keys, read_weights
from binarycop.settings.faces import LookoutSettings
from overlays.detector.loop import restore
from overlays.detector.network import fold_batchnorm
from overlays.detector.threshold import choose_threshold

_LOW = 0.05  # a threshold below any that may be chosen
PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class LookoutWeights:
    """The weights of both networks."""

    proposal: Weights
    refinement: Weights

    @staticmethod
    def read(file: Path) -> "LookoutWeights":
        """What ``write`` wrote. Raises DetectorError."""
        return LookoutWeights(read_weights(file, PROPOSAL), read_weights(file, REFINEMENT))

    def write(self, file: Path) -> None:
        """As the daemon reads it."""
        parts = {**quantise(PROPOSAL, self.proposal), **quantise(REFINEMENT, self.refinement)}
        np.savez(file, allow_pickle=False, **parts)

    def finder(self, threshold: float) -> Lookout:
        """The finder that the daemon would make of them."""
        inspector = RefinementStage(OpenCvEngine(REFINEMENT, self.refinement))
        proposal, longer_px = OpenCvEngine(PROPOSAL, self.proposal), LookoutSettings().longer_px
        return Lookout(proposal, inspector, longer_px=longer_px, threshold=threshold)


def quantise(network: Network, weights: Weights) -> dict[str, NDArray[np.generic]]:
    """A network's weights as bytes: the nearest of 255 levels, as many above as below zero, for each output."""
    levels, scales = [], []
    for name in network.shapes():
        if name.endswith(".weight"):
            weight = weights[name].reshape(len(weights[name]), -1)
            scale = np.maximum(np.abs(weight).max(axis=1), 1e-12).astype(np.float32) / LEVEL_MAX
            levels.append(np.rint(weight / scale[:, None]).astype(np.int8).ravel())
            scales.append(scale)
    biases = [weights[name].astype(np.float32) for name in network.shapes() if name.endswith(".bias")]
    return dict(zip(keys(network), (np.concatenate(rows) for rows in (levels, scales, biases))))


def export(trained: LookoutWeights, folder: Path, provenance: Mapping[str, Any], data: Path) -> None:
    """Write the weights, and beside them their SHA-256, what is handed in, and the threshold that ``choose`` gives."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / WEIGHTS.name
    trained.write(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    threshold = choose_threshold(LookoutWeights.read(file).finder(_LOW), data, print)
    text = json.dumps({"file": file.name, "sha256": digest, **provenance, "threshold": threshold}, indent=2)
    (folder / PROVENANCE).write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Export checkpoints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--survey", type=Path, nargs="*", default=(), help="checkpoints")
    parser.add_argument("--inspection", type=Path, nargs="*", default=(), help="checkpoints")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    old = arguments.out / WEIGHTS.name
    named = {PROPOSAL: arguments.proposal, REFINEMENT: arguments.refinement}
    weights = [
        fold_batchnorm(restore(network, *files)) if files else read_weights(old, network)
        for network, files in named.items()
    ]
    before = arguments.out / PROVENANCE
    told = json.loads(before.read_text(encoding="utf-8")) if before.exists() else {}
    stages = {one.name: [file.stem for file in files] or told.get(one.name) for one, files in named.items()}
    export(LookoutWeights(*weights), arguments.out, stages, arguments.data)


if __name__ == "__main__":
    main()
