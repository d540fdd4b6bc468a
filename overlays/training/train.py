"""Train a classifier on synthetic crops and real masks, and write its bundle.

    python -m overlays.training.train --network n-cnv --data ../shared/data --patches work/patches.npz \\
        --out overlays/bundles/n-cnv

Run the same command again after an interruption: it continues after the last complete epoch. ``--begin`` starts with
the weights of another run. ``--reference`` trains the network in full precision: this gives metrics and a checkpoint
but no bundle. ``--teacher`` distils from such a checkpoint.
"""

import argparse
import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from binarycop.geometry import CropGeometry
from overlays.atomic_write import atomic_write
from overlays.command_line import add_data_option, add_patches_option, make_parser, print_progress
from overlays.export.write_bundle import BundleMetadata, write_bundle
from overlays.networks.tables import CNV, NETWORKS
from overlays.synthesis.dataset import Recipe
from overlays.synthesis.faces import Split
from overlays.synthesis.heads import labelled_heads
from overlays.synthesis.patches import YUNET
from overlays.training import fixed_sets
from overlays.training.calibration import calibrate_margin
from overlays.training.evaluation import LabelledCrops, evaluate, read_photographs, yunet_detector
from overlays.training.loop import Settings, logits_of, read_run, restore, score_function, train
from overlays.training.model import BinaryNet
from overlays.training.sample_store import CropStore, load_or_make

_LICENCE = "BSD-3-Clause; trained on pictures under CC BY 4.0 and MIT, see provenance and README.md"
_SOURCES = {
    "unmasked/fairface540": "CC BY 4.0",
    "unmasked/webmorph (London and Canada sets, without 3dsk)": "CC BY 4.0",
    "unmasked/chandrikadeb7": "MIT (repository; pictures scraped)",
    "unmasked/sfhq_t2i (synthetic people)": "MIT (repository)",
    "unmasked/faker_synthetic (synthetic people)": "CC0",
    "unmasked/us_congress": "MIT (repository); public domain likely, not stated",
    "masked/chandrikadeb7 (in part uncovered; without the like of real_photos)": "MIT (repository; pictures scraped)",
    "mask_art textures and templates (MaskTheFace)": "MIT",
    "drawn heads (binarycop.frames.drawing)": "BSD-3-Clause",
}
_VAL_CROPS, _HEADS = 8000, 2000
_VAL_SEED, _HEADS_SEED = 1, 3  # fixed, so that every run is measured on the same crops
_FLOAT_RATE = 2e-3


def main() -> None:
    """Make the crops, train, measure, calibrate the margin and write the bundle."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    geometry = CropGeometry(arguments.margin, arguments.shift)
    recipe = Recipe(geometry, real=arguments.real, uncovered=arguments.uncovered, adjacent_skin=arguments.adjacent_skin)
    network, data = NETWORKS[arguments.network], arguments.data

    def crops(split: Split, seed: int, count: int) -> CropStore:
        return load_or_make(arguments.work / "crops", arguments.patches, data, split, recipe, seed, count)

    dev = read_photographs(data / "real_photos" / "dev", yunet_detector(data / YUNET), recipe.geometry)
    validation_sets = {"synthetic val": crops(Split.VAL, _VAL_SEED, _VAL_CROPS).labelled, "real_photos dev": dev}

    def progress(line: str, net: BinaryNet) -> None:
        scores = score_function(net)
        accuracies = {name: evaluate(scores, labelled).balanced_accuracy for name, labelled in validation_sets.items()}
        print_progress(", ".join([line, *(f"{name} {accuracy:.3f}" for name, accuracy in accuracies.items())]))

    settings = _settings(arguments)
    learning = crops(Split.TRAIN, settings.seed, arguments.crops).labelled
    teacher = _teacher_logits(arguments, learning) if arguments.teacher else None
    begin = restore(arguments.begin, network) if arguments.begin else None
    checkpoint = arguments.work / f"{network.name}-{arguments.tag}.pt"
    net = train(network, learning, settings, checkpoint, progress, begin=begin, teacher=teacher)

    scores, test_set = score_function(net), fixed_sets.load(arguments.work / fixed_sets.FOLDER.name, fixed_sets.TEST)
    measured = validation_sets | {
        "synthetic test": test_set.labelled,
        "drawn heads": LabelledCrops(*labelled_heads(_HEADS, _HEADS_SEED, recipe.geometry)),
    }
    metrics = {name: evaluate(scores, labelled).as_dict() for name, labelled in measured.items()}
    for name, values in metrics.items():
        print_progress(f"{name}: {values}")
    if not settings.is_binary:
        return
    calibration_set = validation_sets["synthetic val"]
    margin = calibrate_margin(scores(calibration_set.crops), calibration_set.classes)
    provenance = _provenance(arguments, recipe, settings, metrics, test_set.sha256)
    bundle = write_bundle(net, arguments.out, BundleMetadata(recipe.geometry, margin, _LICENCE, provenance))
    print_progress(f"{arguments.out}: {bundle.manifest.name} {bundle.manifest.version}, abstain margin {margin}")


def _teacher_logits(arguments: argparse.Namespace, learning: LabelledCrops) -> NDArray[np.float32]:
    """The teacher's logits. They are stored, since 100,000 crops take a minute."""
    digest = hashlib.sha256(arguments.teacher.read_bytes()).hexdigest()[:8]
    file = arguments.work / "crops" / f"teacher-{arguments.seed}-{len(learning.crops)}-{digest}.npy"
    if not file.exists():
        logits = logits_of(restore(arguments.teacher, NETWORKS[arguments.teacher_network]), learning.crops)
        with atomic_write(file) as partial, partial.open("wb") as stream:
            np.save(stream, logits)
    return np.asarray(np.load(file), np.float32)


def _settings(arguments: argparse.Namespace) -> Settings:
    return Settings(
        epochs=arguments.epochs,
        batch=arguments.batch,
        rate=arguments.rate or (_FLOAT_RATE if arguments.reference else Settings().rate),
        smoothing=arguments.smoothing,
        distil=arguments.distil if arguments.teacher else 0.0,
        is_binary=not arguments.reference,
        seed=arguments.seed,
    )


def _provenance(
    arguments: argparse.Namespace, recipe: Recipe, settings: Settings, metrics: dict[str, Any], test_set: str
) -> dict[str, Any]:
    return {
        "sources": _SOURCES,
        "crops": arguments.crops,
        "recipe": {
            "drawn": recipe.drawn,
            "real among correct": recipe.real,
            "real, partly uncovered among the others": recipe.uncovered,
            "skin laid beside real masks among correct": recipe.adjacent_skin,
            "bare among nose_mouth": recipe.bare,
        },
        "training": asdict(settings),
        "teacher": read_run(arguments.teacher) if arguments.teacher else "none",
        "begun from": read_run(arguments.begin) if arguments.begin else "random weights",
        "abstain margin": "the largest at which at most a tenth of the rightly answered synthetic val crops abstain",
        "synthetic test set": test_set,
        "figures": metrics,
    }


def _arguments() -> argparse.Namespace:
    default, recipe, geometry = Settings(), Recipe(), Recipe().geometry
    parser = make_parser(__doc__)
    parser.add_argument("--network", choices=list(NETWORKS), required=True)
    add_data_option(parser)
    add_patches_option(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle")
    parser.add_argument("--reference", action="store_true", help="train in full precision, for comparison; no bundle")
    parser.add_argument("--teacher", type=Path, help="checkpoint of a reference to distil from")
    parser.add_argument("--teacher-network", choices=list(NETWORKS), default=CNV.name)
    parser.add_argument("--distil", type=float, default=0.5, help="the teacher's share of the loss (default: 0.5)")
    parser.add_argument("--begin", type=Path, help="checkpoint whose weights to start from")
    parser.add_argument("--real", type=float, default=recipe.real, help="share of real masks in the class correct")
    parser.add_argument(
        "--uncovered", type=float, default=recipe.uncovered, help="share of partly uncovered masks in the other classes"
    )
    parser.add_argument(
        "--adjacent-skin",
        type=float,
        default=recipe.adjacent_skin,
        help="share of the real masks in the class correct that get pasted skin next to the mask",
    )
    parser.add_argument("--work", type=Path, default=Path("work"), help="for crops and checkpoints (default: work)")
    parser.add_argument("--tag", default="run", help="part of the checkpoint's name, to keep several runs apart")
    parser.add_argument("--crops", type=int, default=320_000, help="number of synthetic training crops")
    parser.add_argument("--margin", type=float, default=geometry.margin, help="side of the crop, in box sides")
    parser.add_argument("--shift", type=float, default=geometry.shift_y, help="shift of the crop down, in box sides")
    parser.add_argument("--epochs", type=int, default=default.epochs)
    parser.add_argument("--batch", type=int, default=default.batch)
    parser.add_argument(
        "--rate", type=float, help="Adam's highest learning rate (default: 0.01, in full precision 0.002)"
    )
    parser.add_argument("--smoothing", type=float, default=default.smoothing, help="of the labels")
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
