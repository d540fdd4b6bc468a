"""``binarycop evaluate``: labelled pictures through the daemon's own detector, crop and classifier."""

import argparse
import sys
from pathlib import Path
from typing import Any

from binarycop.classes import FOLDERS, LABELS
from binarycop.cli.options import add_classifier, add_config, add_finder, add_json, print_json, settings_of
from binarycop.detection.choose import make_detector
from binarycop.errors import UndecodableFrame
from binarycop.evaluation.classification import evaluate
from binarycop.printable import printable
from binarycop.service.backends import open_bundle


def add(commands: Any) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("evaluate", help="classify labelled pictures and count the right answers")
    folders = ", ".join(FOLDERS)
    parser.add_argument("folder", type=Path, metavar="DIR", help=f"has one folder for each class: {folders}")
    add_config(parser)
    add_classifier(parser)
    add_finder(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command. Raises SourceError if there are no labelled pictures."""
    settings = settings_of(options)
    lane = settings.gates[0]
    bundle, classifier = open_bundle(settings.classifier)
    detector = make_detector(lane.faces, subtract_background=False)
    report = evaluate(options.folder, lane, detector, classifier, bundle, _show_left_out)
    recall, balanced = report.recall(), report.balanced_accuracy()
    names = {"bundle": bundle.manifest.name, "backend": classifier.name, "finder": detector.name}
    if options.json:
        counts = {"images": report.images, "no_face": report.no_face, "abstained": report.abstained}
        print_json({**counts, "confusion": report.confusion, "recall": recall, "balanced_accuracy": balanced, **names})
        return 0
    print(printable(", ".join(f"{key} {value}" for key, value in names.items())))
    print(f"{report.images} pictures, {report.no_face} without a face, {report.abstained} abstained")
    print("true \\ answer" + "".join(f"{label:>12}" for label in LABELS) + "      recall")
    for label, row in zip(LABELS, report.confusion):
        share = recall[label]
        print(f"{label:<13}" + "".join(f"{n:>12}" for n in row) + (f"{share:>12.3f}" if share is not None else ""))
    print("balanced accuracy " + (f"{balanced:.3f}" if balanced is not None else "unknown: no face was found"))
    return 0


def _show_left_out(error: UndecodableFrame) -> None:
    print(printable(f"binarycop: left out: {error}"), file=sys.stderr)
