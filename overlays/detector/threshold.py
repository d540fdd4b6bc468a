"""Which confidence is enough: the least that leaves few enough false finds, on pictures that only validate.

They are crowds, and as many portraits, since a gate sees both. Both hold real faces that nobody annotated, and
annotated ones of which the box is the mask alone; what was seen by eye to be a face is not counted as false.
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

MAX_FALSE_POSITIVES = 0.1
"""False finds per picture; the issue's bound."""
_STEPS = np.round(np.arange(0.2, 0.96, 0.01), 2)


def choose_threshold(finder: Detector, data: Path, say: Callable[[str], None]) -> float:
    """The threshold, for a finder that was made with a lower one; says what it leaves."""
    pictures = split.annotated(data, Part.VALIDATE)
    pictures += portraits(data, len(pictures))
    sure = np.array([find.confidence for find in false_positives(finder, pictures, manual_labels.read())])
    left = (sure[:, None] >= _STEPS).sum(axis=0)
    count = len(pictures)
    if left[-1] > MAX_FALSE_POSITIVES * count:
        raise ValueError(f"{left[-1]} false finds in {count} pictures are left even at {_STEPS[-1]}: train for longer")
    at = int(np.argmax(left <= MAX_FALSE_POSITIVES * count))
    say(f"threshold {_STEPS[at]:.2f} leaves {left[at]} false finds in {count} pictures")
    return float(_STEPS[at])


def portraits(data: Path, count: int) -> list[AnnotatedImage]:
    """So many pictures of one bare face each, or all where they are fewer, evenly among those that only validate."""
    every = [data / one.name for one in faces.bare(data) if one.split is Split.VAL]
    step = max(len(every) // max(count, 1), 1)
    return [AnnotatedImage(path, (GroundTruthFace(Group.BARE, None),)) for path in every[::step][:count]]


def false_positives(
    finder: Detector, pictures: Iterable[AnnotatedImage], seen: Mapping[str, ManualLabels]
) -> list[Face]:
    """What is no annotated face, by the benchmark's own rule, nor was ``seen`` to be one, by the picture's name."""
    false = []
    for picture in pictures:
        finds = sorted(finder.detect(read_picture(picture.path)), key=lambda one: -one.confidence)
        _, wrong = match_detections(list(picture.faces), [one.box for one in finds])
        real = seen.get(picture.path.name, ManualLabels()).faces
        false += [one for one in finds if one.box in wrong and not _is_any(one.box, real)]
    return false


def _is_any(box: Box, real: Iterable[Box]) -> bool:
    return any(box.iou(one) >= MATCH_IOU for one in real)
