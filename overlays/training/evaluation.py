"""Metrics of a classifier on labelled crops, with confidence intervals for small counts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import FOLDERS, LABELS
from binarycop.detection.base import SMALLEST_FACE_PX, Detector, largest_face
from binarycop.detection.crop import crop
from binarycop.detection.yunet import YuNet
from binarycop.evaluation.detection import Proportion
from binarycop.frames.image import read_picture
from binarycop.geometry import SIDE_PX, Box, CropGeometry
from binarycop.settings.faces import FacesSettings
from overlays import pictures
from overlays.command_line import with_progress

_FACES = FacesSettings()  # the daemon's defaults
Scores = Callable[[NDArray[np.uint8]], NDArray[np.int32]]
"""A classifier: from crops (N, 32, 32, 3) uint8 RGB to scores (N, 4)."""


@dataclass(frozen=True)
class LabelledCrops:
    """Crops (N, 32, 32, 3) uint8 RGB and their classes (N,).

    no_face: pictures in which no face was found. paths, boxes: of photographs, from which file and where each crop was
    cut.
    """

    crops: NDArray[np.uint8]
    classes: NDArray[np.int64]
    no_face: int = 0
    paths: tuple[Path, ...] = ()
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class ClassifierMetrics:
    """confusion: (4, 4) counts, rows are true classes and columns predicted ones. no_face: as in ``LabelledCrops``."""

    confusion: NDArray[np.int64]
    no_face: int

    @property
    def recalls(self) -> list[float | None]:
        """Recall of each class; None for a class without pictures."""
        return [row[k] / row.sum() if row.sum() else None for k, row in enumerate(self.confusion.astype(float))]

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that occur."""
        return float(np.mean([recall for recall in self.recalls if recall is not None]))

    def as_dict(self) -> dict[str, object]:
        """The metrics as plain data for a manifest, each recall with its 95 % interval (Wilson)."""
        recalls = {}
        for label, row, k in zip(LABELS, self.confusion, range(len(LABELS))):
            if row.sum():
                low, high = wilson_interval(int(row[k]), int(row.sum()))
                recalls[label] = {
                    "right": int(row[k]),
                    "of": int(row.sum()),
                    "interval": [round(low, 3), round(high, 3)],
                }
        return {
            "balanced_accuracy": round(self.balanced_accuracy, 4),
            "recall": recalls,
            "confusion": self.confusion.tolist(),
            "no_face": self.no_face,
        }


def evaluate(scores: Scores, labelled: LabelledCrops) -> ClassifierMetrics:
    """Run a classifier on labelled crops. The best score wins; of equal scores the first."""
    return metrics_of(scores(labelled.crops), labelled)


def metrics_of(scores: NDArray[np.int32], labelled: LabelledCrops) -> ClassifierMetrics:
    """The metrics of given scores (N, 4)."""
    confusion = np.zeros((len(LABELS), len(LABELS)), np.int64)
    np.add.at(confusion, (labelled.classes, scores.argmax(axis=1)), 1)
    return ClassifierMetrics(confusion, labelled.no_face)


def yunet_detector(model: Path) -> Detector:
    """YuNet with the daemon's default settings.

    The crops are those of ``binarycop evaluate --finder yunet``. Without that option the command uses the detector
    ``lookout``, whose boxes differ a little.
    """
    return YuNet(model, longer_px=_FACES.yunet.longer_px, threshold=_FACES.yunet.threshold)


def read_photographs(folder: Path, detector: Detector, geometry: CropGeometry) -> LabelledCrops:
    """The pictures of a folder per class, cropped as the daemon does: the largest face of each, if there is one.

    Raises SourceError if the folder is missing or has other files, UndecodableFrame if a picture cannot be read.
    """
    crops, classes, paths, boxes, no_face = [], [], [], [], 0
    for label, path in with_progress(pictures.by_class(folder), f"reading {folder.name}"):
        pixels = read_picture(path)
        box = front_box(pixels, detector)
        if box is None:
            no_face += 1
            continue
        crops.append(crop(pixels, box, geometry))
        classes.append(int(FOLDERS[label]))
        paths.append(path)
        boxes.append(box)
    stacked = np.stack(crops) if crops else np.empty((0, SIDE_PX, SIDE_PX, 3), np.uint8)
    return LabelledCrops(stacked, np.asarray(classes, np.int64), no_face, tuple(paths), tuple(boxes))


def crop_face(path: Path, detector: Detector, geometry: CropGeometry) -> NDArray[np.uint8] | None:
    """The crop (32, 32, 3) uint8 RGB of a picture's front person; None without a face. Raises UndecodableFrame."""
    pixels = read_picture(path)
    box = front_box(pixels, detector)
    return None if box is None else crop(pixels, box, geometry)


def front_box(pixels: NDArray[np.uint8], detector: Detector) -> Box | None:
    """The box of the front person's face in a picture, (H, W, 3) uint8 BGR; None without a face."""
    face = largest_face(detector.detect(pixels), SMALLEST_FACE_PX)
    return None if face is None else face.box


def wilson_interval(right: int, count: int) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson 1927). Raises ValueError if ``count`` is 0."""
    if count < 1:
        raise ValueError("there is no interval for a count of 0")
    return Proportion(right, count).interval
