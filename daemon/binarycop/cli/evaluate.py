"""``binarycop evaluate``: labelled pictures through the daemon's own detector, crop and classifier."""

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from binarycop.bundle.files import Bundle
from binarycop.classes import FOLDERS, LABELS, MaskClass
from binarycop.classifier.base import Classifier
from binarycop.cli.options import add_classifier, add_config, add_finder, add_json, print_json, settings_of
from binarycop.detection.base import Detector, largest_face
from binarycop.detection.choose import make_detector
from binarycop.detection.crop import crop
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.evaluation.annotated import labelled_pictures
from binarycop.frames.image import read_picture
from binarycop.service.assembly import open_bundle
from binarycop.settings.schema import LaneSettings
from binarycop.verdict import vote


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


@dataclass
class Report:
    """Counts over all pictures; confusion has the true classes as rows, in class order."""

    images: int = 0
    no_face: int = 0
    abstained: int = 0
    confusion: list[list[int]] = field(default_factory=lambda: [[0] * len(LABELS) for _ in LABELS])

    def recall(self) -> dict[str, float | None]:
        """Share of right answers among the detected faces of each class; None if there is no such face."""
        return {
            label: row[index] / sum(row) if sum(row) else None
            for index, (label, row) in enumerate(zip(LABELS, self.confusion))
        }

    def balanced_accuracy(self) -> float | None:
        """The mean recall of the classes that have a detected face; None if no class has one."""
        known = [recall for recall in self.recall().values() if recall is not None]
        return sum(known) / len(known) if known else None


def run(options: argparse.Namespace) -> int:
    """Run the command. Raises SourceError if there are no labelled pictures."""
    settings = settings_of(options)
    lane = settings.gates[0]
    bundle, classifier = open_bundle(settings.classifier)
    detector = make_detector(lane.faces, subtract_background=False)
    report = evaluate(options.folder, lane, detector, classifier, bundle)
    recall, balanced = report.recall(), report.balanced_accuracy()
    names = {"bundle": bundle.manifest.name, "backend": classifier.name, "finder": detector.name}
    if options.json:
        counts = {"images": report.images, "no_face": report.no_face, "abstained": report.abstained}
        print_json({**counts, "confusion": report.confusion, "recall": recall, "balanced_accuracy": balanced, **names})
        return 0
    print(", ".join(f"{key} {value}" for key, value in names.items()))
    print(f"{report.images} pictures, {report.no_face} without a face, {report.abstained} abstained")
    print("true \\ answer" + "".join(f"{label:>12}" for label in LABELS) + "      recall")
    for label, row in zip(LABELS, report.confusion):
        share = recall[label]
        print(f"{label:<13}" + "".join(f"{n:>12}" for n in row) + (f"{share:>12.3f}" if share is not None else ""))
    print("balanced accuracy " + (f"{balanced:.3f}" if balanced is not None else "unknown: no face was found"))
    return 0


def evaluate(folder: Path, lane: LaneSettings, detector: Detector, classifier: Classifier, bundle: Bundle) -> Report:
    """Classify all pictures in the class folders of ``folder``. Raises SourceError if there are none."""
    report = Report()
    margin = lane.verdict.effective_margin(bundle.manifest.abstain_margin)
    for mask_class, path in _pictures(folder):
        try:
            pixels = read_picture(path)
        except UndecodableFrame as error:
            print(f"binarycop: left out: {error}", file=sys.stderr)
            continue
        report.images += 1
        face = largest_face(detector.detect(pixels), lane.faces.least_px)
        if face is None:
            report.no_face += 1
            continue
        scores = classifier.scores(crop(pixels, face.box, bundle.manifest.crop)[None])[0]
        report.confusion[mask_class][int(np.argmax(scores))] += 1
        report.abstained += vote(scores.tolist(), 0.0, margin).mask_class is None
    return report


def _pictures(folder: Path) -> list[tuple[MaskClass, Path]]:
    pictures = [(FOLDERS[name], path) for name, path in labelled_pictures(folder)]
    if not pictures:
        raise SourceError(str(folder), f"has no pictures in folders {', '.join(FOLDERS)}")
    return pictures
