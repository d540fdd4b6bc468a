"""Do torch, QONNX and the emulator give the same four scores? A bundle is written only if they do.

    python -m overlays.export.check overlays/bundles/n-cnv --data ../shared/data

holds a bundle's model.onnx, run by the qonnx package, and its integers, run by torch, to the daemon's emulator: on
noise and drawn heads and, where a data folder is given, on faces of its pictures, which are cut as the daemon cuts them
and kept nowhere.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is first imported, as in the daemon

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.util.cleanup import cleanup_model

from binarycop.bundle import files as bundles
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.golden import check_golden
from binarycop.frames.image import SUFFIXES
from binarycop.geometry import CropGeometry
from overlays.export.torch_network import torch_network
from overlays.synthesis.heads import noise_and_heads
from overlays.synthesis.patches import YUNET
from overlays.training.evaluation import crop_face, yunet_detector
from overlays.training.loop import score_function

IMAGES = 1000
_FOLDERS = ("real_photos", "maskedfacenet_nc", "unmasked/fairface540")


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


def differences(scores: dict[str, NDArray[np.int32]]) -> list[str]:
    """A line per engine whose scores are not those of the first, naming how many images differ."""
    (first, reference), *others = scores.items()
    counts = [(name, int((one != reference).any(axis=1).sum())) for name, one in others]
    return [f"{name} differs from {first} on {count} of {len(reference)} images" for name, count in counts if count]


def faces(data: Path, folders: list[str], count: int, seed: int, geometry: CropGeometry) -> NDArray[np.uint8]:
    """Faces of pictures anywhere below ``folders``, at most ``count``, drawn by ``seed``; (N, 32, 32, 3) uint8 RGB.

    Raises ValueError where there is no face at all.
    """
    paths = sorted(path for folder in folders for path in (data / folder).rglob("*") if path.suffix.lower() in SUFFIXES)
    finder = yunet_detector(data / YUNET)
    found: list[NDArray[np.uint8]] = []
    for index in np.random.default_rng(seed).permutation(len(paths)):
        if len(found) == count:
            break
        one = crop_face(paths[index], finder, geometry)
        found += [] if one is None else [one]
    if not found:
        raise ValueError(f"no face in the pictures of {', '.join(str(data / folder) for folder in folders)}")
    return np.stack(found)


def main() -> int:
    """Check a bundle; 1 where it does not agree with itself."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--images", type=int, default=IMAGES, help="noise and drawn heads (default: %(default)s)")
    parser.add_argument("--data", type=Path, help="pictures to take faces from, too")
    parser.add_argument("--faces", type=int, default=IMAGES, help="at most so many of them (default: %(default)s)")
    parser.add_argument("--folders", nargs="+", default=_FOLDERS, help="of the data (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which noise, heads and pictures")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    bundle = bundles.load(arguments.bundle)
    emulator = Emulator(bundle)
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
