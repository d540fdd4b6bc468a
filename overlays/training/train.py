"""Train a network on synthetic crops and real masks, and write its bundle.

    python -m overlays.training.train --network n-cnv --data ../shared/data --patches work/patches.npz \\
        --out overlays/bundles/n-cnv

An interrupted run goes on from its last epoch when it is started again with the same arguments. With ``--reference``
the network is trained in full precision instead: figures and a checkpoint, from which ``--teacher`` distils, no bundle.
With ``--begin`` it starts from another run's weights.
"""

import argparse
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from binarycop.geometry import CropGeometry
from overlays.export.write_bundle import BundleMetadata, write_bundle
from overlays.networks.tables import CNV, NETWORKS
from overlays.synthesis.dataset import Recipe
from overlays.synthesis.faces import Split
from overlays.synthesis.heads import labelled_heads
from overlays.synthesis.patches import YUNET
from overlays.training.calibration import calibrate_margin
from overlays.training.evaluation import LabelledCrops, evaluate, read_photographs, yunet_detector
from overlays.training.loop import Settings, read_run, restore, score_function, teacher_logits, train
from overlays.training.model import BinaryNet
from overlays.training.sample_store import CropStore, load_or_make

_LICENCE = "BSD-3-Clause; trained on pictures under CC BY 4.0 and MIT, see provenance and README.md"
_SOURCES = {
    "unmasked/fairface540": "CC BY 4.0",
    "unmasked/webmorph (London and Canada sets, without 3dsk)": "CC BY 4.0",
    "unmasked/chandrikadeb7": "MIT (repository; pictures scraped)",
    "masked/chandrikadeb7 (in part uncovered; without the like of real_photos)": "MIT (repository; pictures scraped)",
    "mask_art textures and templates (MaskTheFace)": "MIT",
    "drawn heads (binarycop.frames.drawing)": "BSD-3-Clause",
}
_VAL_CROPS, _TEST_CROPS, _HEADS = 8000, 8000, 2000
_VAL_SEED, _TEST_SEED, _HEADS_SEED = 1, 2, 3  # fixed, so that every run is measured on the same crops
_FLOAT_RATE = 2e-3
_TEST_SET = Path(__file__).resolve().parents[1] / "synthesis" / "test_set.json"


def main() -> None:
    """Make the crops, train, tune, measure, export."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    geometry = CropGeometry(arguments.margin, arguments.shift)
    recipe = Recipe(geometry, real=arguments.real, uncovered=arguments.uncovered, skin_beside=arguments.skin_beside)
    network, data = NETWORKS[arguments.network], arguments.data

    def crops(split: Split, seed: int, count: int) -> CropStore:
        return load_or_make(arguments.work / "crops", arguments.patches, data, split, recipe, seed, count)

    chosen_on = {
        "synthetic val": crops(Split.VAL, _VAL_SEED, _VAL_CROPS).labelled,
        "real_photos dev": read_photographs(
            data / "real_photos" / "dev", yunet_detector(data / YUNET), recipe.geometry
        ),
    }

    def progress(line: str, net: BinaryNet) -> None:
        figures = [
            f"{name} {evaluate(score_function(net), one).balanced_accuracy:.3f}" for name, one in chosen_on.items()
        ]
        _say(", ".join([line, *figures]))

    settings = _settings(arguments)
    learning = crops(Split.TRAIN, settings.seed, arguments.crops).labelled
    teacher = _taught(arguments, learning) if arguments.teacher else None
    begin = restore(arguments.begin, network) if arguments.begin else None
    checkpoint = arguments.work / f"{network.name}-{arguments.tag}.pt"
    net = train(network, learning, settings, checkpoint, progress, begin=begin, teacher=teacher)

    scores, tested = score_function(net), crops(Split.TEST, _TEST_SEED, _TEST_CROPS)
    recorded = json.loads(_TEST_SET.read_text(encoding="utf-8"))
    if tested.sha256 != recorded["sha256"]:
        _say(f"the synthetic test set is not the recorded one ({_TEST_SET.name}): its figure compares with no other")
    measured = chosen_on | {
        "synthetic test": tested.labelled,
        "drawn heads": LabelledCrops(*labelled_heads(_HEADS, _HEADS_SEED, recipe.geometry)),
    }
    figures = {name: evaluate(scores, one).as_dict() for name, one in measured.items()}
    for name, one in figures.items():
        _say(f"{name}: {one}")
    if not settings.is_binary:
        return
    calibrated_on = chosen_on["synthetic val"]
    margin = calibrate_margin(scores(calibrated_on.crops), calibrated_on.classes)
    provenance = _provenance(arguments, recipe, settings, figures, tested.sha256)
    bundle = write_bundle(net, arguments.out, BundleMetadata(recipe.geometry, margin, _LICENCE, provenance))
    _say(f"{arguments.out}: {bundle.manifest.name} {bundle.manifest.version}, abstain margin {margin}")


def _taught(arguments: argparse.Namespace, learning: LabelledCrops) -> NDArray[np.float32]:
    """The teacher's logits, which take a minute per 100,000 crops, and so are kept."""
    who = hashlib.sha256(arguments.teacher.read_bytes()).hexdigest()[:8]
    file = arguments.work / "crops" / f"taught-{arguments.seed}-{len(learning.crops)}-{who}.npy"
    if not file.exists():
        np.save(file, teacher_logits(restore(arguments.teacher, NETWORKS[arguments.teacher_network]), learning.crops))
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
    arguments: argparse.Namespace, recipe: Recipe, settings: Settings, figures: dict[str, Any], test_set: str
) -> dict[str, Any]:
    return {
        "sources": _SOURCES,
        "crops": arguments.crops,
        "recipe": {
            "drawn": recipe.drawn,
            "real among correct": recipe.real,
            "real, partly uncovered among the others": recipe.uncovered,
            "skin laid beside real masks among correct": recipe.skin_beside,
            "bare among nose_mouth": recipe.bare,
        },
        "training": asdict(settings),
        "teacher": read_run(arguments.teacher) if arguments.teacher else "none",
        "begun from": read_run(arguments.begin) if arguments.begin else "random weights",
        "abstain margin": "the largest at which at most a tenth of the rightly answered synthetic val crops abstain",
        "synthetic test set": test_set,
        "figures": figures,
    }


def _arguments() -> argparse.Namespace:
    default, recipe, geometry = Settings(), Recipe(), Recipe().geometry
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=list(NETWORKS), required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--patches", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the bundle's folder")
    parser.add_argument("--reference", action="store_true", help="in full precision, to compare with; no bundle")
    parser.add_argument("--teacher", type=Path, help="checkpoint of a reference to distil from")
    parser.add_argument("--teacher-network", choices=list(NETWORKS), default=CNV.name)
    parser.add_argument("--distil", type=float, default=0.5, help="the teacher's share of the loss (default: 0.5)")
    parser.add_argument("--begin", type=Path, help="checkpoint whose weights to start from")
    parser.add_argument("--real", type=float, default=recipe.real, help="share of real masks among correct")
    parser.add_argument("--uncovered", type=float, default=recipe.uncovered, help="of partly uncovered ones elsewhere")
    parser.add_argument("--touched", type=float, default=recipe.skin_beside, help="of real ones with skin laid beside")
    parser.add_argument("--work", type=Path, default=Path("work"), help="crops and checkpoints (default: work)")
    parser.add_argument("--tag", default="run", help="names the checkpoint, to keep several runs apart")
    parser.add_argument("--crops", type=int, default=320_000, help="synthetic training crops (default: 320000)")
    parser.add_argument("--margin", type=float, default=geometry.margin, help="side of the crop in box sides")
    parser.add_argument("--shift", type=float, default=geometry.shift_y, help="of the crop downwards, in box sides")
    parser.add_argument("--epochs", type=int, default=default.epochs)
    parser.add_argument("--batch", type=int, default=default.batch)
    parser.add_argument("--rate", type=float, help="Adam's highest (default: 0.01, in full precision 0.002)")
    parser.add_argument("--smoothing", type=float, default=default.smoothing)
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
