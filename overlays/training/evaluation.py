"""Figures of a classifier on labelled crops, with the intervals that small counts need."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.classes import FOLDERS, LABELS
from binarycop.detection.base import Detector, largest_face
from binarycop.detection.crop import crop
from binarycop.detection.yunet import YuNet
from binarycop.geometry import SIDE_PX, Box, CropGeometry
from binarycop.settings.faces import FacesSettings

_FACES = FacesSettings()  # found, or not, as the daemon does by default
Scores = Callable[[NDArray[np.uint8]], NDArray[np.int32]]


@dataclass(frozen=True)
class LabelledCrops:
    """Crops (N, 32, 32, 3) uint8 RGB with their classes (N,), and in how many pictures no face was found."""

    crops: NDArray[np.uint8]
    classes: NDArray[np.int64]
    no_face: int = 0


@dataclass(frozen=True)
class ClassifierMetrics:
    """confusion: (4, 4), rows true, columns called, in class order."""

    confusion: NDArray[np.int64]
    no_face: int

    @property
    def recalls(self) -> list[float | None]:
        """Recall by class; None where there was no picture."""
        return [row[k] / row.sum() if row.sum() else None for k, row in enumerate(self.confusion.astype(float))]

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall over the classes that occur."""
        return float(np.mean([one for one in self.recalls if one is not None]))

    def as_dict(self) -> dict[str, object]:
        """For a manifest or a model card: with Wilson's 95 % interval of each recall."""
        recall = {}
        for label, row, k in zip(LABELS, self.confusion, range(len(LABELS))):
            if row.sum():
                low, high = wilson_interval(int(row[k]), int(row.sum()))
                recall[label] = {
                    "right": int(row[k]),
                    "of": int(row.sum()),
                    "interval": [round(low, 3), round(high, 3)],
                }
        return {
            "balanced_accuracy": round(self.balanced_accuracy, 4),
            "recall": recall,
            "confusion": self.confusion.tolist(),
            "no_face": self.no_face,
        }


def evaluate(scores: Scores, labelled: LabelledCrops) -> ClassifierMetrics:
    """Run a classifier over labelled crops; the best score wins, the first of equals."""
    return metrics_of(scores(labelled.crops), labelled)


def metrics_of(scores: NDArray[np.int32], labelled: LabelledCrops) -> ClassifierMetrics:
    """The same from the scores, (N, 4)."""
    confusion = np.zeros((len(LABELS), len(LABELS)), np.int64)
    np.add.at(confusion, (labelled.classes, scores.argmax(axis=1)), 1)
    return ClassifierMetrics(confusion, labelled.no_face)


def yunet_detector(model: Path) -> Detector:
    """YuNet with the daemon's default settings, so that figures here are those of ``binarycop evaluate``."""
    return YuNet(model, longer_px=_FACES.yunet.longer_px, threshold=_FACES.yunet.threshold)


def read_photographs(folder: Path, finder: Detector, geometry: CropGeometry) -> LabelledCrops:
    """A folder per class, each picture cut as the daemon cuts it: the largest face found, no fallback."""
    crops, classes, no_face = [], [], 0
    for label, mask_class in FOLDERS.items():
        for path in sorted((folder / label).glob("*")):
            one = crop_face(path, finder, geometry)
            if one is None:
                no_face += 1
                continue
            crops.append(one)
            classes.append(int(mask_class))
    stacked = np.stack(crops) if crops else np.empty((0, SIDE_PX, SIDE_PX, 3), np.uint8)
    return LabelledCrops(stacked, np.asarray(classes, np.int64), no_face)


def crop_face(path: Path, finder: Detector, geometry: CropGeometry) -> NDArray[np.uint8] | None:
    """The crop (32, 32, 3) uint8 RGB of the face that the daemon would choose; None where no face or picture is."""
    picture = cv2.imread(str(path))
    if picture is None:
        return None
    pixels = np.asarray(picture, np.uint8)
    box = choose_box(pixels, finder)
    return None if box is None else crop(pixels, box, geometry)


def choose_box(pixels: NDArray[np.uint8], finder: Detector) -> Box | None:
    """The box of the face that the daemon would choose in a picture, (H, W, 3) uint8 BGR; None where it finds none."""
    face = largest_face(finder.detect(pixels), _FACES.least_px)
    return None if face is None else face.box


def wilson_interval(right: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share, 95 % by default. Raises ValueError where nothing was counted."""
    if count < 1:
        raise ValueError("there is no interval of nothing")
    share, square = right / count, z * z / count
    middle = (share + square / 2) / (1 + square)
    half = z * sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return max(middle - half, 0.0), min(middle + half, 1.0)
