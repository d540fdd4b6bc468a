"""Write the bundle of a training run.

    python -m overlays.training.bundle --run overlays/training/runs/n-cnv --out work/bundles/n-cnv --version 0.4.0 \\
        --data ../shared/data --patches work/patches.npz

First the statistics of batch normalisation are measured on new crops of the training people, as for the learning curve.
Margin and temperature are calibrated on synthetic val. The same weights give the same bundle. The run is only read, so
its training may go on meanwhile.
"""

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import torch

from binarycop.bundle.incoming import FOLDER_NAME
from binarycop.detection.choose import make_detector
from binarycop.settings.faces import FacesSettings
from overlays.command_line import add_data_option, add_patches_option, make_parser, print_progress
from overlays.export.write_bundle import BundleMetadata, write_bundle
from overlays.synthesis.dataset import Recipe
from overlays.synthesis.heads import labelled_heads
from overlays.training.calibration import ABSTENTION_RATE, calibrate_margin, calibrate_temperature
from overlays.training.evaluation import LabelledCrops, Scores, evaluate, read_photographs
from overlays.training.fixed_sets import FOLDER, TEST, TEST_0_3_0, VAL, FixedSet, labelled
from overlays.training.loop import score_function
from overlays.training.pool import SPARE_PX, Pool, made_here
from overlays.training.run_folder import Progress, RunFolder, RunSettings
from overlays.training.trainer import Trainer

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
_CHOSEN_BY = ("real_photos/dev", "real_photos_more")
_SUBJECTS = 3000  # in the pool on which the statistics are measured
_HEADS, _HEADS_SEED = 2000, 3  # fixed, so that every network is measured on the same crops


def main() -> None:
    """Measure the run's network and write the bundle."""
    arguments = _arguments()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    folder, recipe = RunFolder(arguments.run), Recipe()
    settings = folder.settings
    net, progress = folder.load()
    if progress.crops_seen < settings.crops:
        print_progress(f"{arguments.run} is not at its end: {progress.crops_seen:,} of {settings.crops:,} crops seen")
    pool = replace(settings.pool, subjects=_SUBJECTS)
    first, spare = progress.next_subject, Recipe(spare_px=SPARE_PX)
    parts = made_here(arguments.patches, arguments.data, spare, pool, settings.seed, first, processes=1)
    with Pool(parts, pool, first) as crops:
        net = Trainer(net, settings, progress).measured_net(crops)
    sets = {f"synthetic {name}": labelled(arguments.fixed, name) for name in (VAL, TEST, TEST_0_3_0)}
    detector = make_detector(FacesSettings())
    sets |= {name: read_photographs(arguments.data / name, detector, recipe.geometry) for name in _CHOSEN_BY}
    sets["drawn heads"] = LabelledCrops(*labelled_heads(_HEADS, _HEADS_SEED, recipe.geometry))
    metadata = describe(score_function(net), sets, recipe, settings, progress, arguments.version)
    bundle = write_bundle(net, arguments.out, metadata)
    manifest = bundle.manifest
    print_progress(f"{arguments.out}: {manifest.name} {manifest.version}, abstain margin {manifest.abstain_margin}")


def describe(
    scores: Scores,
    sets: dict[str, LabelledCrops],
    recipe: Recipe,
    settings: RunSettings,
    progress: Progress,
    version: str,
) -> BundleMetadata:
    """What the manifest says of a network. sets: what it is measured on; ``synthetic val`` also calibrates it."""
    figures = {}
    for name, crops in sets.items():
        figures[name] = evaluate(scores, crops).as_dict()
        print_progress(f"{name}: {figures[name]}")
    val = sets[f"synthetic {VAL}"]
    on_val = scores(val.crops)
    provenance: dict[str, Any] = {
        "sources": _SOURCES,
        "recipe": {
            "drawn": recipe.drawn,
            "real among correct": recipe.real,
            "real, partly uncovered among the others": recipe.uncovered,
            "skin laid beside real masks among correct": recipe.adjacent_skin,
            "bare among nose_mouth": recipe.bare,
        },
        "training": asdict(settings),
        "crops seen": progress.crops_seen,
        "abstain margin": f"the largest at which at most {ABSTENTION_RATE:.0%} of the rightly answered synthetic val "
        "crops abstain",
        "temperature": round(calibrate_temperature(on_val, val.classes), 3),
        "synthetic test set": FixedSet.of(TEST).sha256,
        "figures": figures,
    }
    margin = calibrate_margin(on_val, val.classes)
    return BundleMetadata(version, recipe.geometry, margin, _LICENCE, provenance)


def _arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle")
    parser.add_argument("--version", required=True, help="of the bundle, such as 0.4.0")
    add_data_option(parser)
    add_patches_option(parser)
    parser.add_argument("--fixed", type=Path, default=FOLDER, help="folder of the fixed sets (default: %(default)s)")
    arguments = parser.parse_args()
    if not FOLDER_NAME.fullmatch(arguments.version):
        parser.error(
            f"--version {arguments.version!r} cannot be a folder's name on a board; a-z, 0-9, dots and hyphens can"
        )
    if not RunFolder(arguments.run).exists:
        parser.error(f"--run {arguments.run} is not the folder of a run")
    if arguments.out.exists() and not arguments.out.is_dir():
        parser.error(f"--out {arguments.out} is not a folder")
    if not RunFolder(arguments.run).settings.binary:
        parser.error(f"--run {arguments.run} is in full precision; a bundle has binary weights")
    return arguments


if __name__ == "__main__":
    main()
