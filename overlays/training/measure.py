"""Measure runs and bundles side by side on the crops and photographs that networks are chosen by.

    python -m overlays.training.measure overlays/bundles/n-cnv overlays/training/runs/n-cnv \\
        --data ../shared/data --patches work/patches.npz

``real_photos/test`` and the synthetic test sets are for a network that was chosen; ``--report`` adds them. The first
test set is added if ``overlays.synthesis.first_test_set`` has made it.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from binarycop.bundle import files as bundles
from binarycop.classes import LABELS, MaskClass
from binarycop.classifier.emulator import Emulator
from binarycop.detection.base import Detector
from binarycop.detection.choose import make_detector
from binarycop.settings.faces import FacesSettings
from overlays.command_line import add_data_option, add_patches_option, make_parser, print_progress
from overlays.synthesis import first_test_set
from overlays.synthesis.dataset import Recipe
from overlays.synthesis.faces import Split
from overlays.synthesis.patches import YUNET
from overlays.training.evaluation import (
    LabelledCrops,
    Scores,
    metrics_of,
    read_photographs,
    wilson_interval,
    yunet_detector,
)
from overlays.training.loop import channels_first, recalibrate_batchnorm, score_function
from overlays.training.run import VAL_CROPS, VAL_SEED
from overlays.training.run_folder import RunFolder
from overlays.training.sample_store import load_or_make
from overlays.training.variation import vary

_TEST_SEED, _TRAIN_SEED, _TRAIN_CROPS = 2, 9, 10_000
_CHOOSE = ("real_photos/dev", "real_photos_more")


def describe(scores: NDArray[np.int32], labelled: LabelledCrops) -> str:
    """Mean recall, the recall of each class, and the share of uncovered faces called correct, with 95 % intervals."""
    found = metrics_of(scores, labelled)
    counts = found.confusion.sum(axis=1)
    recalls = np.diag(found.confusion)[counts > 0] / counts[counts > 0]
    error = 1.96 * float(np.sqrt((recalls * (1 - recalls) / counts[counts > 0]).sum())) / len(recalls)
    parts = [f"{found.balanced_accuracy:.3f} ± {error:.3f}"]
    for label, row, k in zip(LABELS, found.confusion, range(len(LABELS))):
        if row.sum():
            parts.append(f"{label} {_share(int(row[k]), int(row.sum()))}")
    uncovered = found.confusion[[MaskClass.NOSE, MaskClass.NOSE_MOUTH]]
    parts.append(f"uncovered called correct {_share(int(uncovered[:, MaskClass.CORRECT].sum()), int(uncovered.sum()))}")
    return ", ".join(parts) + (f", no face {found.no_face}" if found.no_face else "")


def _share(count: int, of: int) -> str:
    low, high = wilson_interval(count, of)
    return f"{count}/{of} ({low:.2f}-{high:.2f})"


def score_with(folder: Path, training_crops: NDArray[np.uint8]) -> Scores:
    """The network of a bundle or of a run. For a run, batch normalisation is measured on the training crops first."""
    run = RunFolder(folder)
    if not run.exists:
        return Emulator(bundles.load(folder)).scores
    net, _ = run.load()
    pixels = vary(channels_first(training_crops), torch.Generator().manual_seed(0))
    recalibrate_batchnorm(net, pixels, run.settings.batch)
    return score_function(net)


def main() -> None:
    """Print a line for each set and network."""
    arguments = _arguments()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    sets = _sets(arguments)
    training = _synthetic(arguments, Split.TRAIN, _TRAIN_SEED, _TRAIN_CROPS).crops
    for folder in arguments.networks:
        scores = score_with(folder, training)
        for name, labelled in sets.items():
            print_progress(f"{folder}: {name}: {describe(scores(labelled.crops), labelled)}")


def _sets(arguments: argparse.Namespace) -> dict[str, LabelledCrops]:
    sets = {"synthetic val": _synthetic(arguments, Split.VAL, VAL_SEED, VAL_CROPS)}
    if arguments.report:
        sets["synthetic test"] = _synthetic(arguments, Split.TEST, _TEST_SEED, VAL_CROPS)
        if (arguments.work / "first" / first_test_set.CROPS).is_file():
            crops = first_test_set.load(arguments.work / "first")
            sets["first synthetic test"] = LabelledCrops(crops, np.arange(len(crops)) % len(LABELS))
    detectors: dict[str, Detector] = {
        "lookout": make_detector(FacesSettings()),
        "YuNet": yunet_detector(arguments.data / YUNET),
    }
    for name in (*_CHOOSE, "real_photos/test") if arguments.report else _CHOOSE:
        for detector_name, detector in detectors.items():
            sets[f"{name}, {detector_name}"] = read_photographs(arguments.data / name, detector, Recipe().geometry)
    return sets


def _synthetic(arguments: argparse.Namespace, split: Split, seed: int, count: int) -> LabelledCrops:
    crops = arguments.work / "crops"
    return load_or_make(crops, arguments.patches, arguments.data, split, Recipe(), seed, count).labelled


def _arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("networks", type=Path, nargs="+", metavar="FOLDER", help="of a run or a bundle")
    add_data_option(parser)
    add_patches_option(parser)
    parser.add_argument("--report", action="store_true", help="also on what no network is chosen by")
    parser.add_argument("--work", type=Path, default=Path("work"), help="for the crops (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
