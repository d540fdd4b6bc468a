"""Measure a bundle and write its report: Markdown and plots. The report contains no picture of a person.

    python -m overlays.report --bundle overlays/bundles/n-cnv --data ../shared/data --patches work/patches.npz \\
        --utkface work/patches-nc.npz --out overlays/bundles/n-cnv/report

The synthetic crops are the sets that ``overlays.training.fixed_sets`` made in --work. The file for --utkface is made by
``overlays.synthesis.patches --noncommercial``. No bundle that ships was trained on UTKFace, so its faces are dressed as
a test set of their own, which is large enough to compare groups of people.
"""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

# numpy reads it at its first import. On a busy machine, threads that share small products wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import torch

from binarycop.bundle import files as bundles
from binarycop.classifier.choose import open_emulator
from binarycop.errors import BinaryCoPError
from overlays.command_line import add_data_option, add_patches_option, make_parser, print_progress
from overlays.export.torch_network import torch_network
from overlays.report import sections
from overlays.report.examples import Examples, examples, examples_of_photographs, has_utkface, save_utkface_test_faces
from overlays.report.people import People
from overlays.report.schematic import outline
from overlays.report.sections import Measured
from overlays.synthesis import patches as stored
from overlays.synthesis.dataset import Recipe
from overlays.synthesis.faces import Split
from overlays.synthesis.patches import YUNET
from overlays.training import fixed_sets
from overlays.training.evaluation import read_photographs, yunet_detector
from overlays.training.sample_store import load_or_make

VAL, TEST, UTKFACE = "synthetic val", "synthetic test", "UTKFace, dressed"
_PHOTOGRAPHS = {
    "maskedfacenet_nc": "MaskedFace-Net",
    "real_photos/dev": "real photographs, dev",
    "real_photos/test": "real photographs, test",
}
_UTKFACE_SEED = 5


def main() -> int:
    """Write the report. Returns 1 if something that it needs is missing."""
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
    bundle = bundles.load(arguments.bundle)
    recipe = Recipe(geometry=bundle.manifest.crop)
    sets = _synthetic(arguments, recipe) | _photographs(arguments.data, recipe)
    emulator = open_emulator(bundle)
    measured = {}
    for name, crops in sets.items():
        print_progress(f"{name}: {len(crops.labelled.crops)} crops")
        measured[name] = Measured(crops, emulator.scores(crops.labelled.crops))
    nets = {bundle.manifest.name: torch_network(bundle)}
    arguments.out.mkdir(parents=True, exist_ok=True)
    grouped = [name for name in (UTKFACE, TEST) if name in measured]
    lines = sections.head(bundle) + sections.accuracy(measured, TEST, arguments.out)
    for name in grouped:
        lines += sections.groups(name, measured[name])
    lines += sections.margin(bundle, VAL, measured, (VAL, *grouped), arguments.out)
    face = outline(stored.load(arguments.patches), bundle.manifest.crop)
    lines += sections.heat(nets, measured[TEST], face, arguments.out)
    file = arguments.out / "README.md"
    file.write_text("\n".join(lines), encoding="utf-8")
    print_progress(f"written: {file}")


def _synthetic(arguments: argparse.Namespace, recipe: Recipe) -> dict[str, Examples]:
    """The fixed validation and test sets, and dressed UTKFace faces.

    Raises ValueError if a fixed set does not have the hash that was recorded before training.
    """
    crops, data, people = arguments.work / "crops", arguments.data, People.read(arguments.data)
    patches, fixed = stored.load(arguments.patches), arguments.work / fixed_sets.FOLDER.name
    sets = {
        VAL: examples(fixed_sets.load(fixed, fixed_sets.VAL), patches, people),
        TEST: examples(fixed_sets.load(fixed, fixed_sets.TEST), patches, people),
    }
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


def _photographs(data: Path, recipe: Recipe) -> dict[str, Examples]:
    """Crops of real photographs and of MaskedFace-Net's pictures; folders without faces are left out."""
    detector = yunet_detector(data / YUNET)
    sets = {}
    for folder, name in _PHOTOGRAPHS.items():
        labelled = read_photographs(data / folder, detector, recipe.geometry)
        if len(labelled.crops):
            sets[name] = examples_of_photographs(labelled)
        else:
            print_progress(f"{name}: left out, since {data / folder} has no faces")
    return sets


def _arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--bundle", type=Path, required=True, help="folder of the bundle")
    add_data_option(parser)
    add_patches_option(parser)
    parser.add_argument(
        "--utkface", type=Path, help="file with faces that include UTKFace, to compare groups of people"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for README.md and its plots")
    parser.add_argument("--work", type=Path, default=Path("work"), help="folder for crops (default: %(default)s)")
    parser.add_argument("--count", type=int, default=24_000, help="number of UTKFace crops (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
