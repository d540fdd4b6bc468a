"""How well a bundle classifies labelled pictures, with the daemon's own detector, crop and margin."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from binarycop.bundle.files import Bundle
from binarycop.classes import FOLDERS, LABELS, MaskClass
from binarycop.classifier.base import Classifier
from binarycop.detection.base import SMALLEST_FACE_PX, Detector, largest_face
from binarycop.detection.crop import crop
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.evaluation.annotated import labelled_pictures
from binarycop.frames.image import MAX_FRAME_PX, read_picture
from binarycop.settings.schema import LaneSettings
from binarycop.verdict import vote


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


def evaluate(
    folder: Path,
    lane: LaneSettings,
    detector: Detector,
    classifier: Classifier,
    bundle: Bundle,
    on_left_out: Callable[[UndecodableFrame], None],
) -> Report:
    """Classify all pictures in the class folders (``FOLDERS``) of ``folder``, with any setting of ``faces.least_px``.

    on_left_out: called for each picture that cannot be decoded. Raises SourceError if there are no pictures.
    """
    report = Report()
    margin = lane.verdict.effective_margin(bundle.manifest.abstain_margin)
    for mask_class, path in _pictures(folder):
        try:
            pixels = read_picture(path, shrink_to_px=MAX_FRAME_PX)
        except UndecodableFrame as error:
            on_left_out(error)
            continue
        report.images += 1
        face = largest_face(detector.detect(pixels), SMALLEST_FACE_PX)
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
