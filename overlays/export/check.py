"""Do torch, QONNX and the emulator give the same four scores? A bundle is written only if they do.

python -m overlays.export.check overlays/bundles/n-cnv      (a bundle: its model.onnx against its integers)
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.util.cleanup import cleanup_model

from binarycop.classifier import bundle as bundles
from binarycop.classifier.emulator import Emulator
from overlays.synthesis.heads import nobody

IMAGES = 240


def qonnx_scores(file: Path, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
    """What the qonnx package's executor makes of ``model.onnx``, (N, 4) int32.

    Raises ValueError where a score is not a whole number.
    """
    model = cleanup_model(ModelWrapper(onnx.load(str(file))))
    given, gives = model.graph.input[0].name, model.graph.output[0].name
    pixels = crops.transpose(0, 3, 1, 2).astype(np.float32)
    rows = [execute_onnx(model, {given: pixels[k : k + 1]})[gives].reshape(-1) for k in range(len(pixels))]
    scores = np.stack(rows)
    if (scores != np.round(scores)).any():
        raise ValueError(f"{file} gives scores that are not whole numbers")
    return np.asarray(scores.astype(np.int32))


def differing(scores: dict[str, NDArray[np.int32]]) -> list[str]:
    """A line per engine whose scores are not those of the first, naming how many images differ."""
    (first, reference), *others = scores.items()
    counts = [(name, int((one != reference).any(axis=1).sum())) for name, one in others]
    return [f"{name} differs from {first} on {count} of {len(reference)} images" for name, count in counts if count]


def main() -> int:
    """Check a bundle; 1 where it does not agree with itself."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    bundle = bundles.load(arguments.bundle)
    emulator = Emulator(bundle)
    bundles.check_golden(bundle, emulator)
    crops = nobody(arguments.images, arguments.seed, bundle.manifest.crop)
    scores = {"emulator": emulator.scores(crops), "qonnx": qonnx_scores(arguments.bundle / "model.onnx", crops)}
    wrong = differing(scores)
    print("\n".join(wrong) or f"emulator and qonnx agree on all four scores of {len(crops)} images")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
