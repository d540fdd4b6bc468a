"""Train a network on synthetic crops and write its bundle.

    python -m overlays.training.train --network n-cnv --data ../shared/data --patches work/patches.npz \\
        --out overlays/bundles/n-cnv

An interrupted run goes on from its last epoch when it is started again with the same arguments.
"""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from binarycop.faces.crop import CropGeometry
from overlays.export.writing import Story, write
from overlays.networks.tables import NETWORKS
from overlays.synthesis.dataset import Recipe
from overlays.synthesis.faces import Split
from overlays.synthesis.heads import heads
from overlays.synthesis.patches import YUNET
from overlays.training.evaluation import Labelled, Scores, daemons_finder, evaluate, photographs
from overlays.training.loop import Settings, scorer, train
from overlays.training.margin import calibrate
from overlays.training.model import BinaryNet
from overlays.training.pool import pool

_LICENCE = "BSD-3-Clause; trained on pictures under CC BY 4.0 and MIT, see provenance and README.md"
_SOURCES = {
    "unmasked/fairface540": "CC BY 4.0",
    "unmasked/webmorph (London and Canada sets, without 3dsk)": "CC BY 4.0",
    "unmasked/chandrikadeb7": "MIT (repository; pictures scraped)",
    "masked/chandrikadeb7 (as correct; without the like of real_photos)": "MIT (repository; pictures scraped)",
    "mask_art textures (MaskTheFace)": "MIT",
    "drawn heads (binarycop.frames.drawing)": "BSD-3-Clause",
}
_VAL_CROPS, _TEST_CROPS, _HEADS = 8000, 8000, 2000
_VAL_SEED, _TEST_SEED, _HEADS_SEED = 1, 2, 3  # fixed, so that every run is measured on the same crops


def main() -> None:
    """Make the crops, train, measure, export."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    recipe = Recipe(CropGeometry(arguments.margin, arguments.shift))
    settings = Settings(arguments.epochs, arguments.batch, arguments.rate, arguments.smoothing, arguments.seed)
    network = NETWORKS[arguments.network]
    work, data = arguments.work, arguments.data

    def crops(split: Split, seed: int, count: int) -> Labelled:
        return pool(work / "crops", arguments.patches, data, split, recipe, seed, count, _say)

    training = crops(Split.TRAIN, settings.seed, arguments.crops)
    chosen_on = {
        "synthetic val": crops(Split.VAL, _VAL_SEED, _VAL_CROPS),
        "real_photos dev": photographs(data / "real_photos" / "dev", daemons_finder(data / YUNET), recipe.geometry),
    }

    def progress(line: str, net: BinaryNet) -> None:
        figures = [f"{name} {evaluate(scorer(net), one).balanced_accuracy:.3f}" for name, one in chosen_on.items()]
        _say(", ".join([line, *figures]))

    checkpoint = work / f"{network.name}-{arguments.tag}.pt"
    net = train(network, training.crops, training.classes, settings, checkpoint, progress)
    scores = scorer(net)
    calibrated_on = chosen_on["synthetic val"]
    margin = calibrate(scores(calibrated_on.crops), calibrated_on.classes)
    measured = chosen_on | {
        "synthetic test": crops(Split.TEST, _TEST_SEED, _TEST_CROPS),
        "drawn heads": Labelled(*heads(_HEADS, _HEADS_SEED, recipe.geometry)),
    }
    provenance = _provenance(scores, measured, recipe, settings, len(training.crops))
    bundle = write(net, arguments.out, Story(recipe.geometry, margin, _LICENCE, provenance))
    for name, figures in provenance["figures"].items():
        _say(f"{name}: {figures}")
    _say(f"{arguments.out}: {bundle.manifest.name} {bundle.manifest.version}, abstain margin {margin}")


def _provenance(
    scores: Scores, measured: dict[str, Labelled], recipe: Recipe, settings: Settings, count: int
) -> dict[str, Any]:
    return {
        "sources": _SOURCES,
        "crops": count,
        "recipe": {"drawn": recipe.drawn, "real among correct": recipe.real, "bare among nose_mouth": recipe.bare},
        "training": asdict(settings),
        "abstain margin": "the largest at which at most a tenth of the rightly answered synthetic val crops abstain",
        "figures": {name: evaluate(scores, one).as_dict() for name, one in measured.items()},
    }


def _arguments() -> argparse.Namespace:
    default, geometry = Settings(), Recipe().geometry
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=list(NETWORKS), required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--patches", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the bundle's folder")
    parser.add_argument("--work", type=Path, default=Path("work"), help="crops and checkpoints (default: work)")
    parser.add_argument("--tag", default="run", help="names the checkpoint, to keep several runs apart")
    parser.add_argument("--crops", type=int, default=160_000, help="synthetic training crops (default: 160000)")
    parser.add_argument("--margin", type=float, default=geometry.margin, help="side of the crop in box sides")
    parser.add_argument("--shift", type=float, default=geometry.shift_y, help="of the crop downwards, in box sides")
    parser.add_argument("--epochs", type=int, default=default.epochs)
    parser.add_argument("--batch", type=int, default=default.batch)
    parser.add_argument("--rate", type=float, default=default.rate)
    parser.add_argument("--smoothing", type=float, default=default.smoothing)
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
