"""Check that torch, QONNX and the emulator give the same four scores for a bundle.

    python -m overlays.export.check overlays/bundles/n-cnv --data ../shared/data

The bundle's model.onnx runs in the qonnx package, its integers run in torch, and both are compared with the daemon's
emulator: on noise and drawn heads and, with --data, on faces of pictures. The crops of faces are not stored.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy reads it at its first import

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.util.cleanup import cleanup_model

from binarycop.bundle import files as bundles
from binarycop.classifier.choose import open_emulator
from binarycop.classifier.golden import check_golden
from binarycop.geometry import CropGeometry
from overlays import pictures
from overlays.command_line import make_parser
from overlays.export.torch_network import torch_network
from overlays.synthesis.heads import noise_and_heads
from overlays.synthesis.patches import YUNET
from overlays.training.evaluation import crop_face, yunet_detector
from overlays.training.loop import score_function

IMAGES = 1000
_FOLDERS = ("real_photos", "maskedfacenet_nc", "unmasked/fairface540")


def qonnx_scores(file: Path, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
    """The scores (N, 4) int32 of ``model.onnx`` in the executor of the qonnx package.

    Raises ValueError if a score is not an integer.
    """
    model = cleanup_model(ModelWrapper(onnx.load(str(file))))
    input_name, output_name = model.graph.input[0].name, model.graph.output[0].name
    pixels = crops.transpose(0, 3, 1, 2).astype(np.float32)
    rows = [execute_onnx(model, {input_name: pixels[k : k + 1]})[output_name].reshape(-1) for k in range(len(pixels))]
    scores = np.stack(rows)
    if (scores != np.round(scores)).any():
        raise ValueError(f"{file} gives scores that are not integers")
    return np.asarray(scores.astype(np.int32))


def differences(scores: dict[str, NDArray[np.int32]]) -> list[str]:
    """A line for each engine whose scores differ from those of the first, with the number of images."""
    (first, reference), *others = scores.items()
    counts = [(name, int((values != reference).any(axis=1).sum())) for name, values in others]
    return [f"{name} differs from {first} on {count} of {len(reference)} images" for name, count in counts if count]


def faces(data: Path, folders: list[str], count: int, seed: int, geometry: CropGeometry) -> NDArray[np.uint8]:
    """Crops of at most ``count`` faces, (N, 32, 32, 3) uint8 RGB, from a random choice of all pictures in ``folders``.

    Raises ValueError if no picture shows a face.
    """
    paths = [path for folder in folders for path in pictures.in_folder(data / folder)]
    detector = yunet_detector(data / YUNET)
    found: list[NDArray[np.uint8]] = []
    for index in np.random.default_rng(seed).permutation(len(paths)):
        if len(found) == count:
            break
        crop = crop_face(paths[index], detector, geometry)
        found += [] if crop is None else [crop]
    if not found:
        raise ValueError(f"no face in the pictures of {', '.join(str(data / folder) for folder in folders)}")
    return np.stack(found)


def main() -> int:
    """Check a bundle. Returns 1 if the engines give different scores."""
    parser = make_parser(__doc__)
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    count = "number of images of noise and drawn heads (default: %(default)s)"
    parser.add_argument("--images", type=int, default=IMAGES, help=count)
    parser.add_argument("--data", type=Path, help="data folder: check on faces of its pictures, too")
    parser.add_argument("--faces", type=int, default=IMAGES, help="at most this many faces (default: %(default)s)")
    parser.add_argument("--folders", nargs="+", default=_FOLDERS, help="folders of the data (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="selects the noise, the heads and the pictures")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    bundle = bundles.load(arguments.bundle)
    emulator = open_emulator(bundle)
    check_golden(bundle, emulator)
    geometry = bundle.manifest.crop
    images = {"noise and drawn heads": noise_and_heads(arguments.images, arguments.seed, geometry)}
    if arguments.data:
        images["faces"] = faces(arguments.data, arguments.folders, arguments.faces, arguments.seed, geometry)
    wrong = []
    for name, crops in images.items():
        scores = {
            "emulator": emulator.scores(crops),
            "torch": score_function(torch_network(bundle))(crops),
            "qonnx": qonnx_scores(arguments.bundle / "model.onnx", crops),
        }
        lines = differences(scores)
        wrong += lines
        verdict = "; ".join(lines) or f"{', '.join(scores)} agree on all four scores"
        print(f"{bundle.manifest.name}: {len(crops)} images of {name}: {verdict}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
