"""Choice of the detector's threshold: the lowest one that leaves few enough false positives on validation pictures.

The pictures are crowds and as many portraits, since a gate sees both. Some real faces are not annotated, and some
annotated boxes contain only the mask. Boxes that are labelled as a face by eye do not count as false.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from binarycop.detection.base import Detector, Face
from binarycop.evaluation.annotated import AnnotatedImage, GroundTruthFace, Group
from binarycop.evaluation.detection import MATCH_IOU, match_detections
from binarycop.frames.image import read_picture
from binarycop.geometry import Box
from overlays.detector import manual_labels, split
from overlays.detector.manual_labels import ManualLabels
from overlays.detector.split import Part
from overlays.synthesis import faces
from overlays.synthesis.faces import Split

MAX_FALSE_POSITIVES = 0.15
"""The highest number of false positives per picture."""
_STEPS = np.round(np.arange(0.2, 0.96, 0.01), 2)


def choose_threshold(detector: Detector, data: Path, report: Callable[[str], None]) -> float:
    """Choose the threshold and report how many false positives it leaves.

    detector: made with a lower threshold. Raises ValueError if no threshold leaves few enough.
    """
    pictures = split.annotated(data, Part.VALIDATE)
    pictures += portraits(data, len(pictures))
    confidences = np.array([face.confidence for face in false_positives(detector, pictures, manual_labels.read())])
    left = (confidences[:, None] >= _STEPS).sum(axis=0)
    count = len(pictures)
    if left[-1] > MAX_FALSE_POSITIVES * count:
        raise ValueError(f"{left[-1]} false positives in {count} pictures even at {_STEPS[-1]}: train for longer")
    at = int(np.argmax(left <= MAX_FALSE_POSITIVES * count))
    report(f"threshold {_STEPS[at]:.2f} leaves {left[at]} false positives in {count} pictures")
    return float(_STEPS[at])


def portraits(data: Path, count: int) -> list[AnnotatedImage]:
    """``count`` validation pictures of one bare face each, evenly spaced in their list; all if there are fewer."""
    every = [data / portrait.name for portrait in faces.bare(data) if portrait.split is Split.VAL]
    step = max(len(every) // max(count, 1), 1)
    return [AnnotatedImage(path, (GroundTruthFace(Group.BARE, None),)) for path in every[::step][:count]]


def false_positives(
    detector: Detector, pictures: Iterable[AnnotatedImage], manual: Mapping[str, ManualLabels]
) -> list[Face]:
    """The detections that match no annotated face (by the rule of ``binarycop bench``) and no face labelled by eye.

    manual: the labels made by eye, by picture name.
    """
    false = []
    for picture in pictures:
        detections = sorted(detector.detect(read_picture(picture.path)), key=lambda face: -face.confidence)
        _, wrong = match_detections(list(picture.faces), [face.box for face in detections])
        real = manual.get(picture.path.name, ManualLabels()).faces
        false += [face for face in detections if face.box in wrong and not _matches_any(face.box, real)]
    return false


def _matches_any(box: Box, known: Iterable[Box]) -> bool:
    return any(box.iou(face) >= MATCH_IOU for face in known)
