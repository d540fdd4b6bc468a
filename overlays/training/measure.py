"""Measure runs and bundles side by side on the crops and photographs that networks are chosen by.

    python -m overlays.training.measure overlays/bundles/n-cnv overlays/training/runs/n-cnv \\
        --data ../shared/data --patches work/patches.npz

``real_photos/test`` and the synthetic test sets are only for networks that were chosen; ``--report`` adds them. The
synthetic sets are those of ``overlays.training.fixed_sets``.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from binarycop.bundle import files as bundles
from binarycop.classes import LABELS, MaskClass
from binarycop.classifier.choose import open_emulator
from binarycop.detection.base import Detector
from binarycop.detection.choose import make_detector
from binarycop.settings.faces import FacesSettings
from overlays.command_line import add_data_option, add_patches_option, make_parser, print_progress, with_progress
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
from overlays.training.fixed_sets import FOLDER, TEST, TEST_0_3_0, VAL, labelled
from overlays.training.loop import channels_first, recalibrate_batchnorm, score_function
from overlays.training.run_folder import RunFolder
from overlays.training.sample_store import load_or_make
from overlays.training.variation import vary

_TRAIN_SEED, _TRAIN_CROPS = 9, 10_000
_CHOOSE = ("real_photos/dev", "real_photos_more")


def describe(scores: NDArray[np.int32], crops: LabelledCrops) -> str:
    """Mean recall, the recall of each class, and the share of uncovered faces called correct, with 95 % intervals."""
    found = metrics_of(scores, crops)
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
        return open_emulator(bundles.load(folder)).scores
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
    training = load_or_make(
        arguments.work / "crops", arguments.patches, arguments.data, Split.TRAIN, Recipe(), _TRAIN_SEED, _TRAIN_CROPS
    ).labelled.crops
    for folder in arguments.networks:
        scores = score_with(folder, training)
        for name, found in with_progress(list(sets.items()), f"measuring {folder.name}"):
            print_progress(f"{folder}: {name}: {describe(scores(found.crops), found)}")


def _sets(arguments: argparse.Namespace) -> dict[str, LabelledCrops]:
    names = (VAL, TEST, TEST_0_3_0) if arguments.report else (VAL,)
    sets = {f"synthetic {name}": labelled(arguments.fixed, name) for name in names}
    detectors: dict[str, Detector] = {
        "lookout": make_detector(FacesSettings()),
        "YuNet": yunet_detector(arguments.data / YUNET),
    }
    for name in (*_CHOOSE, "real_photos/test") if arguments.report else _CHOOSE:
        for detector_name, detector in detectors.items():
            sets[f"{name}, {detector_name}"] = read_photographs(arguments.data / name, detector, Recipe().geometry)
    return sets


def _arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("networks", type=Path, nargs="+", metavar="FOLDER", help="of a run or a bundle")
    add_data_option(parser)
    add_patches_option(parser)
    parser.add_argument("--report", action="store_true", help="also on the test sets, which no network is chosen by")
    parser.add_argument("--fixed", type=Path, default=FOLDER, help="folder of the fixed sets (default: %(default)s)")
    parser.add_argument("--work", type=Path, default=Path("work"), help="for training crops (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
