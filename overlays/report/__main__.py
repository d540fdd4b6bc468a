"""Measure bundles and write a report into each: Markdown and plots. A report contains no picture of a person.

    python -m overlays.report overlays/bundles/n-cnv overlays/bundles/u-cnv overlays/bundles/cnv \\
        --data ../shared/data --patches work/patches.npz --utkface work/patches-nc.npz

The synthetic crops are the sets that ``overlays.training.fixed_sets`` made in --work. The file for --utkface is made by
``overlays.synthesis.patches --noncommercial``. No shipped bundle was trained on UTKFace, so its faces are dressed as a
test set of their own, which is large enough to compare groups of people.
"""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

# numpy reads it at its first import. On a busy machine, threads that share small matrix products wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from binarycop.bundle import files as bundles
from binarycop.bundle.files import Bundle
from binarycop.classifier.choose import open_emulator
from binarycop.detection.choose import make_detector
from binarycop.errors import BinaryCoPError
from binarycop.settings.faces import FacesSettings
from overlays.command_line import add_data_option, add_patches_option, make_parser, print_progress, with_progress
from overlays.export.torch_network import torch_network
from overlays.report import card, no_face, photographs, sections
from overlays.report.examples import Examples, examples, has_utkface, save_utkface_test_faces
from overlays.report.people import People
from overlays.report.schematic import outline
from overlays.report.sections import Measured
from overlays.synthesis import patches as stored
from overlays.synthesis.dataset import Recipe
from overlays.synthesis.faces import Split
from overlays.training import fixed_sets
from overlays.training.sample_store import load_or_make

VAL, TEST, TEST_0_3_0, UTKFACE = "synthetic val", "synthetic test", "synthetic test of 0.3.0", "UTKFace, dressed"
PHOTOGRAPHS = "real photographs, all"
_GROUPED = (PHOTOGRAPHS, photographs.NAMES[photographs.MASKED_FACE_NET], UTKFACE, TEST)
_UTKFACE_SEED = 5


def main() -> int:
    """Write the reports. Returns 1 if something that it needs is missing."""
    arguments = _arguments()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    try:
        _report(arguments)
    except (BinaryCoPError, ValueError, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 1
    return 0


def _report(arguments: argparse.Namespace) -> None:
    for folder in arguments.bundles:
        card.renew_hash(folder)
    loaded = [bundles.load(folder) for folder in arguments.bundles]
    geometry = loaded[0].manifest.crop
    for bundle in loaded:
        if bundle.manifest.crop != geometry:
            raise ValueError(f"{bundle.folder} and {loaded[0].folder} crop differently, so each needs a run of its own")
    detector = make_detector(FacesSettings())
    sets = photographs.read(arguments.data, arguments.photographs, detector, geometry)
    sets[PHOTOGRAPHS] = photographs.together([sets[photographs.NAMES[folder]] for folder in photographs.REAL])
    sets |= _synthetic(arguments, Recipe(geometry=geometry))
    without = no_face.read(arguments.data, detector, geometry)
    face = outline(stored.load(arguments.patches), geometry)
    for bundle in loaded:
        _write(bundle, sets, without, face)


def _write(
    bundle: Bundle,
    sets: dict[str, Examples],
    without: dict[str, NDArray[np.uint8]],
    face: list[NDArray[np.float64]],
) -> None:
    """Write a bundle's report and the figures of its card."""
    manifest, out, emulator = bundle.manifest, bundle.folder / "report", open_emulator(bundle)
    network = f"{manifest.name} {manifest.version}"
    measured = {
        name: Measured(crops, emulator.scores(crops.labelled.crops))
        for name, crops in with_progress(list(sets.items()), f"classifying with {network}")
    }
    grouped = {name: measured[name] for name in _GROUPED if name in measured}
    out.mkdir(exist_ok=True)
    seen = {
        f"{name}, as the daemon sees it": Measured(
            sets[name], photographs.scores_of_views(emulator, sets[name].labelled, manifest.crop)
        )
        for name in photographs.NAMES.values()
    }
    figures = [
        *sections.accuracy_table(seen | measured),
        "",
        *sections.gaps(network, grouped, out),
        "",
        f"![Mean recall of {network} by skin tone](report/skin.svg)",
        "",
        *sections.confidence(network, VAL, measured, tuple(grouped), out),
        "",
        f"![Reliability of {network}](report/reliability.svg)",
        "",
        *no_face.lines({name: emulator.scores(crops) for name, crops in without.items()}, manifest.abstain_margin),
    ]
    lines = sections.head(bundle) + sections.accuracy(network, measured, TEST, out)
    for name, one in grouped.items():
        lines += sections.groups(name, one)
    lines += sections.margin(network, manifest.abstain_margin, VAL, measured, tuple(grouped), out)
    lines += sections.heat(network, torch_network(bundle), measured[TEST], face, out)
    (out / "README.md").write_text("\n".join(lines), encoding="utf-8")
    card.write(bundle.folder, figures)
    print_progress(f"written: {out}, and the figures of {bundle.folder / 'README.md'}")


def _synthetic(arguments: argparse.Namespace, recipe: Recipe) -> dict[str, Examples]:
    """The fixed validation and test sets, and dressed UTKFace faces.

    Raises ValueError if a fixed set does not have the hash that was recorded before training.
    """
    crops, data, people = arguments.work / "crops", arguments.data, People.read(arguments.data)
    patches, fixed = stored.load(arguments.patches), arguments.work / fixed_sets.FOLDER.name
    named = {VAL: fixed_sets.VAL, TEST: fixed_sets.TEST, TEST_0_3_0: fixed_sets.TEST_0_3_0}
    sets = {name: examples(fixed_sets.load(fixed, file), patches, people) for name, file in named.items()}
    if arguments.utkface:
        if has_utkface(patches):
            raise ValueError(
                f"{arguments.patches} has faces of UTKFace: a network that was trained on them cannot be tested on them"
            )
        file = crops / "utkface.npz"
        save_utkface_test_faces(arguments.utkface, file)
        faces_only = replace(recipe, drawn=0.0)
        dressed = load_or_make(crops, file, data, Split.TEST, faces_only, _UTKFACE_SEED, arguments.count)
        sets[UTKFACE] = examples(dressed, stored.load(file), people)
    return sets


def _arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("bundles", type=Path, nargs="+", metavar="BUNDLE", help="folder of a bundle")
    add_data_option(parser)
    add_patches_option(parser)
    parser.add_argument(
        "--utkface", type=Path, help="file with faces that include UTKFace, to compare groups of people"
    )
    text = "their landmarks, written by overlays.synthesis.landmarks (default: %(default)s)"
    parser.add_argument("--photographs", type=Path, default=Path("work/landmarks-photographs.npz"), help=text)
    parser.add_argument("--work", type=Path, default=Path("work"), help="folder for crops (default: %(default)s)")
    parser.add_argument("--count", type=int, default=24_000, help="number of UTKFace crops (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
