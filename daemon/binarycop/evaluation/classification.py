"""How well a bundle classifies labelled pictures, with the daemon's own detector, crop and margin."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.bundle.files import Bundle
from binarycop.classes import FOLDERS, LABELS, MaskClass
from binarycop.classifier.base import Classifier
from binarycop.detection.base import SMALLEST_FACE_PX, Detector, largest_face
from binarycop.detection.views import cut_views, mean_scores
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.evaluation.labelled import labelled_pictures
from binarycop.evaluation.omissions import Omissions, Reason, Tally
from binarycop.evaluation.proportion import Proportion
from binarycop.frames.image import MAX_FRAME_PX, read_picture
from binarycop.settings.schema import LaneSettings
from binarycop.verdict import vote


@dataclass(frozen=True)
class WrongAnswer:
    """A picture with another answer than its class. lead: best score minus the second best; None without a face."""

    file: str
    mask_class: MaskClass
    answer: MaskClass | None
    lead: int | None = None


@dataclass
class Report:
    """Counts over all pictures; confusion has the true classes as rows, in class order.

    images_of: pictures of each class, in the same order. abstained: answers that are no vote; confusion has them too.
    repeated: pictures with exactly the pixels of an earlier one of their class. contradicted: of another class, so that
    one of the two labels is wrong. Both count as all others do. wrong: each wrong answer, in the pictures' order.
    """

    images: int = 0
    images_of: list[int] = field(default_factory=lambda: [0] * len(LABELS))
    no_face: int = 0
    abstained: int = 0
    confusion: list[list[int]] = field(default_factory=lambda: [[0] * len(LABELS) for _ in LABELS])
    repeated: Tally = field(default_factory=Tally)
    contradicted: Tally = field(default_factory=Tally)
    wrong: list[WrongAnswer] = field(default_factory=list)

    def right(self) -> dict[str, Proportion]:
        """The right answers among the detected faces of each class."""
        return {
            label: Proportion(row[index], sum(row)) for index, (label, row) in enumerate(zip(LABELS, self.confusion))
        }

    def recall(self) -> dict[str, float | None]:
        """Share of right answers among the detected faces of each class; None if there is no such face."""
        return {label: right.ratio for label, right in self.right().items()}

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
    omissions: Omissions,
    views: int = 1,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Report:
    """Classify all pictures in the class folders (``FOLDERS``) of ``folder``, with any setting of ``faces.least_px``.

    omissions: gets what is left out, also if there is an error. views: how many views of each face are classified.
    on_progress: called before each picture with the share of the pictures that are done.
    Raises SourceError if there is no picture.
    """
    report = Report()
    margin = lane.verdict.effective_margin(bundle.manifest.abstain_margin)
    seen: dict[bytes, tuple[MaskClass, str]] = {}
    pictures = labelled_pictures(folder, omissions)
    for index, (label, path) in enumerate(pictures):
        on_progress(index / len(pictures))
        mask_class, name = FOLDERS[label], str(path.relative_to(folder))
        try:
            pixels = read_picture(path, shrink_to_px=MAX_FRAME_PX)
        except UndecodableFrame as error:
            omissions.add(Reason.UNDECODABLE, f"{name} {error.reason}")
            continue
        report.images += 1
        report.images_of[mask_class] += 1
        first_class, first_name = seen.setdefault(_digest(pixels), (mask_class, name))
        if first_name != name:
            tally = report.repeated if first_class is mask_class else report.contradicted
            tally.add(f"{name} is {first_name}")
        face = largest_face(detector.detect(pixels), SMALLEST_FACE_PX)
        if face is None:
            report.no_face += 1
            report.wrong.append(WrongAnswer(name, mask_class, None))
            continue
        scores = mean_scores(classifier.scores(cut_views(pixels, face.box, bundle.manifest.crop, views)))
        answer, (second, best) = MaskClass(int(np.argmax(scores))), np.sort(scores)[-2:].tolist()
        report.confusion[mask_class][answer] += 1
        if answer is not mask_class:
            report.wrong.append(WrongAnswer(name, mask_class, answer, best - second))
        report.abstained += vote(scores.tolist(), 0.0, margin).mask_class is None
    if not report.images:
        raise SourceError(str(folder), "has no picture that can be decoded")
    return report


def _digest(pixels: NDArray[np.uint8]) -> bytes:
    digest = hashlib.blake2b(repr(pixels.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.digest()
