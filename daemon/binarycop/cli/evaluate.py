"""``binarycop evaluate``: labelled pictures through the daemon's own detector, crop and classifier."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from binarycop.classes import FOLDERS, LABELS
from binarycop.cli.left_out import print_omissions
from binarycop.cli.options import (
    add_classifier,
    add_config,
    add_finder,
    add_json,
    first_gate_of,
    print_json,
    settings_of,
)
from binarycop.detection.choose import make_detector
from binarycop.detection.views import views_of_each_face
from binarycop.evaluation.classification import Report, evaluate
from binarycop.evaluation.omissions import Omissions
from binarycop.printable import printable
from binarycop.service.backends import open_bundle


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    folders = ", ".join(FOLDERS)
    words = f"has one folder for each class, which may have subfolders: {folders}"
    parser.add_argument("folder", type=Path, metavar="DIR", help=words)
    add_config(parser)
    add_classifier(parser)
    add_finder(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command. Raises SourceError if there are no labelled pictures."""
    settings = settings_of(options)
    lane = first_gate_of(settings)
    bundle, classifier = open_bundle(settings.classifier)
    detector = make_detector(lane.faces, subtract_background=False)
    report, omissions = Report(), Omissions()
    try:
        views = views_of_each_face(settings.classifier.views, len(settings.gates))
        report = evaluate(options.folder, lane, detector, classifier, bundle, omissions, views)
    finally:
        print_omissions(omissions, report.images)
    names = {"bundle": bundle.manifest.name, "backend": classifier.name, "finder": detector.name}
    for tally, of in ((report.repeated, "their"), (report.contradicted, "another")):
        if tally.count:
            note = f"counted, but equal to an earlier picture of {of} class: {tally.count}: {tally.names}"
            print(printable(f"binarycop: {note}"), file=sys.stderr)
    if options.json:
        print_json({**_fields(report), **names, "left_out": omissions.rows})
        return 0
    print(printable(", ".join(f"{key} {value}" for key, value in names.items())))
    for line in _table(report):
        print(line)
    return 0


def _fields(report: Report) -> dict[str, Any]:
    return {
        "images": report.images,
        "no_face": report.no_face,
        "abstained": report.abstained,
        "confusion": report.confusion,
        "recall": report.recall(),
        "balanced_accuracy": report.balanced_accuracy(),
        "repeated": report.repeated.row,
        "contradicted": report.contradicted.row,
    }


def _table(report: Report) -> Iterator[str]:
    yield f"{report.images} pictures, {report.no_face} without a face"
    yield "true \\ answer" + "".join(f"{label:>12}" for label in LABELS) + "      recall"
    recall, balanced = report.recall(), report.balanced_accuracy()
    for label, row in zip(LABELS, report.confusion):
        share = recall[label]
        yield f"{label:<13}" + "".join(f"{n:>12}" for n in row) + (f"{share:>12.3f}" if share is not None else "")
    if report.abstained:
        yield f"{report.abstained} of these answers have too small a margin: at the gate they would be no vote"
    if balanced is None:
        yield "balanced accuracy unknown: no face was found"
        return
    lacking = [
        f"{label} (no {'face found' if images else 'picture'})"
        for (label, share), images in zip(recall.items(), report.images_of)
        if share is None
    ]
    yield f"balanced accuracy {balanced:.3f}" + (f", without {', '.join(lacking)}" if lacking else "")
