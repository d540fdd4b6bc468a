"""Export of trained networks to the daemon: quantised weights, the threshold for both, and their provenance.

python -m overlays.detector.export --refinement work/detector/refinement.pt --data ../shared/data \\
    --out daemon/binarycop/detection/lookout

A network without a checkpoint keeps its weights. Several checkpoints of one network are exported as their mean.
"""

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
from overlays.command_line import add_data_option, make_parser
from overlays.detector.loop import restore
from overlays.detector.network import fold_batchnorm
from overlays.detector.threshold import choose_threshold

_LOW_THRESHOLD = 0.05  # below every threshold that may be chosen
PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class LookoutWeights:
    """The weights of both networks."""

    proposal: Weights
    refinement: Weights

    @staticmethod
    def read(file: Path) -> "LookoutWeights":
        """Read what ``write`` wrote. Raises DetectorError."""
        return LookoutWeights(read_weights(file, PROPOSAL), read_weights(file, REFINEMENT))

    def write(self, file: Path) -> None:
        """Write the file that the daemon reads."""
        arrays = {**quantise(PROPOSAL, self.proposal), **quantise(REFINEMENT, self.refinement)}
        np.savez(file, allow_pickle=False, **arrays)

    def detector(self, threshold: float) -> Lookout:
        """The daemon's detector with these weights."""
        refinement = RefinementStage(OpenCvEngine(REFINEMENT, self.refinement))
        proposal, longer_px = OpenCvEngine(PROPOSAL, self.proposal), LookoutSettings().longer_px
        return Lookout(proposal, refinement, longer_px=longer_px, threshold=threshold)


def quantise(network: Network, weights: Weights) -> dict[str, NDArray[np.generic]]:
    """A network's weights as int8 levels, -127 to 127, with one scale for each output channel."""
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
    """Write the weights and, next to them, their SHA-256, the provenance, and the threshold that is chosen for them."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / WEIGHTS.name
    trained.write(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    threshold = choose_threshold(LookoutWeights.read(file).detector(_LOW_THRESHOLD), data, print)
    text = json.dumps({"file": file.name, "sha256": digest, **provenance, "threshold": threshold}, indent=2)
    (folder / PROVENANCE).write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Export checkpoints."""
    parser = make_parser(__doc__)
    for network in (PROPOSAL, REFINEMENT):
        text = f"checkpoints of the {network.name} network (default: keep its weights)"
        parser.add_argument(f"--{network.name}", type=Path, nargs="*", default=(), metavar="FILE", help=text)
    add_data_option(parser)
    parser.add_argument("--out", type=Path, required=True, help="the daemon's folder lookout/")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    old_weights, old_provenance = arguments.out / WEIGHTS.name, arguments.out / PROVENANCE
    recorded = json.loads(old_provenance.read_text(encoding="utf-8")) if old_provenance.exists() else {}
    weights, stages = [], {}
    for network in (PROPOSAL, REFINEMENT):
        files = vars(arguments)[network.name]
        weights.append(fold_batchnorm(restore(network, *files)) if files else read_weights(old_weights, network))
        stages[network.name] = [file.stem for file in files] or recorded.get(network.name)
    export(LookoutWeights(*weights), arguments.out, stages, arguments.data)


if __name__ == "__main__":
    main()
