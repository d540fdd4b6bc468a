"""``binarycop evaluate``: labelled pictures through the daemon's own detector, crop and classifier."""

import argparse
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
from binarycop.cli.progress import Progress
from binarycop.cli.terminal import print_note
from binarycop.clock import MonotonicClock
from binarycop.detection.choose import make_detector
from binarycop.detection.views import views_of_each_face
from binarycop.evaluation.classification import Report, WrongAnswer, evaluate
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
    words = "name each picture with a wrong answer, and each without a face"
    parser.add_argument("--list-wrong", action="store_true", help=words)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command. Raises SourceError if there are no labelled pictures."""
    settings = settings_of(options)
    lane = first_gate_of(settings)
    bundle, classifier = open_bundle(settings.classifier)
    detector = make_detector(lane.faces, subtract_background=False)
    report, omissions, progress = Report(), Omissions(), Progress("classifying", MonotonicClock())
    try:
        views = views_of_each_face(settings.classifier.views, len(settings.gates))
        report = evaluate(options.folder, lane, detector, classifier, bundle, omissions, views, progress.update)
    finally:
        progress.clear()
        print_omissions(omissions, report.images)
    names = {"bundle": bundle.manifest.name, "backend": classifier.name, "finder": detector.name}
    for tally, of in ((report.repeated, "their"), (report.contradicted, "another")):
        if tally.count:
            note = f"counted, but equal to an earlier picture of {of} class: {tally.count}: {tally.names}"
            print_note(note)
    if options.json:
        wrong = {"wrong": [_wrong_fields(answer) for answer in report.wrong]} if options.list_wrong else {}
        print_json({**_fields(report), **names, "left_out": omissions.rows, **wrong})
        return 0
    print(printable(", ".join(f"{key} {value}" for key, value in names.items())))
    if options.list_wrong:
        for answer in report.wrong:
            print(printable(_wrong_line(answer)))
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
        "recall_interval": {label: right.interval if right.total else None for label, right in report.right().items()},
        "balanced_accuracy": report.balanced_accuracy(),
        "repeated": report.repeated.row,
        "contradicted": report.contradicted.row,
    }


def _wrong_fields(answer: WrongAnswer) -> dict[str, Any]:
    given = None if answer.answer is None else answer.answer.label
    return {"file": answer.file, "class": answer.mask_class.label, "answer": given, "lead": answer.lead}


def _wrong_line(answer: WrongAnswer) -> str:
    given = "no face" if answer.answer is None else f"answer {answer.answer.label}, lead {answer.lead}"
    return f"{answer.file}: {given}"


def _table(report: Report) -> Iterator[str]:
    yield f"{report.images} picture{'s' * (report.images != 1)}, {report.no_face} without a face"
    yield "true \\ answer" + "".join(f"{label:>11}" for label in LABELS) + "  recall     95 %"
    for (label, right), row in zip(report.right().items(), report.confusion):
        low, high = right.interval
        share = f"{right.ratio:>8.3f}  {low:.3f}-{high:.3f}" if right.ratio is not None else ""
        yield f"{label:<13}" + "".join(f"{n:>11}" for n in row) + share
    if report.abstained:
        has, they = ("has", "it") if report.abstained == 1 else ("have", "they")
        yield f"{report.abstained} of these answers {has} too small a margin: at the gate {they} would be no vote"
    balanced = report.balanced_accuracy()
    if balanced is None:
        yield "balanced accuracy unknown: no face was found"
        return
    lacking = [
        f"{label} (no {'face found' if images else 'picture'})"
        for (label, share), images in zip(report.recall().items(), report.images_of)
        if share is None
    ]
    yield f"balanced accuracy {balanced:.3f}" + (f", without {', '.join(lacking)}" if lacking else "")
