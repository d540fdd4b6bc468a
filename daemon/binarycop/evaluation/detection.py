"""How well detectors find faces: recall by size and group, false positives, time.

A face is found if a detection overlaps its box by 0.4 or more (IoU). Each detection finds one face at most; the most
confident detections come first. A detection that overlaps no annotated box by that much is a false positive, although
in crowds some of them are real faces that nobody annotated. If it is not known where in a picture the face is, one
detection is right, and each further one is a false positive.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Detector, Face
from binarycop.evaluation.annotated import GroundTruthFace, Group
from binarycop.evaluation.proportion import Proportion as Proportion  # noqa: PLC0414 - part of the metrics
from binarycop.geometry import Box

MATCH_IOU = 0.4

SIZE_BANDS = ((24.0, 40.0), (40.0, 64.0), (64.0, math.inf))
"""Bands of a face's longer side, in pixels of the picture. Smaller faces do not count."""


@dataclass
class DetectorMetrics:
    """One detector's results.

    recalls: by size band (index in ``SIZE_BANDS``, None if the size is not known) and group. too_small: faces below all
    bands, which do not count.
    """

    detector: str
    images: int = 0
    false_positives: int = 0
    too_small: int = 0
    recalls: dict[tuple[int | None, Group], Proportion] = field(default_factory=dict)
    times_ms: list[float] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        """Median time for a picture."""
        return median(self.times_ms)

    @property
    def false_per_picture(self) -> float:
        """False positives divided by pictures."""
        return self.false_positives / self.images

    def add(self, truth: Iterable[GroundTruthFace], detections: list[Face]) -> None:
        """Count one picture's detections."""
        faces = list(truth)
        ordered = sorted(detections, key=lambda face: -face.confidence)
        is_found, false = match_detections(faces, [detection.box for detection in ordered])
        self.images += 1
        self.false_positives += len(false)
        for face, hit in zip(faces, is_found):
            band = None if face.box is None else size_band(face.box)
            if face.box is not None and band is None:
                self.too_small += 1
                continue
            recall = self.recalls.setdefault((band, face.group), Proportion())
            recall.total += 1
            recall.hits += hit


def size_band(box: Box) -> int | None:
    """The index in ``SIZE_BANDS``; None for a face that is too small to count."""
    return next((index for index, (low, high) in enumerate(SIZE_BANDS) if low <= box.longer_px < high), None)


def match_detections(truth: list[GroundTruthFace], detections: list[Box]) -> tuple[list[bool], list[Box]]:
    """For each face of a picture, whether it is found; and the detections that are false positives.

    detections: the most confident first.
    """
    is_found = [False] * len(truth)
    false = []
    for detection in detections:
        ious = [1.0 if face.box is None else face.box.iou(detection) for face in truth]
        free = [index for index, iou in enumerate(ious) if iou >= MATCH_IOU and not is_found[index]]
        if free:
            is_found[max(free, key=lambda index: ious[index])] = True
        elif not any(iou >= MATCH_IOU and face.box is not None for iou, face in zip(ious, truth)):
            false.append(detection)
    return is_found, false


def evaluate_detectors(
    detectors: list[Detector],
    pictures: Iterable[tuple[Iterable[GroundTruthFace], NDArray[np.uint8]]],
    now_s: Callable[[], float],
) -> list[DetectorMetrics]:
    """Run all detectors on all pictures, one after another on each picture, so that the machine's load affects all.

    pictures: faces and pixels, (H, W, 3) uint8 BGR. now_s: a clock.
    """
    results = [DetectorMetrics(detector.name) for detector in detectors]
    for faces, pixels in pictures:
        for detector, metrics in zip(detectors, results):
            start_s = now_s()
            detections = detector.detect(pixels)
            metrics.times_ms.append(1000 * (now_s() - start_s))
            metrics.add(faces, detections)
    return results
