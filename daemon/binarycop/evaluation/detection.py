"""How well finders find: recall by size and group, false finds, time. Pure but for the clock that is handed in.

A face is found where a find overlaps its annotated box by 0.4 or more, one find for one face, the surest first; a
find that overlaps no annotated face so far is false, though in crowds some of those are real faces that nobody
annotated. Where a picture is only said to show somebody, any find is right and each further one is false.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Detector, Face
from binarycop.evaluation.annotated import AnnotatedImage, GroundTruthFace, Group
from binarycop.geometry import Box

MATCH_IOU = 0.4
_SURE_Z = 1.959964  # 95 %

BANDS = ((24.0, 40.0), (40.0, 64.0), (64.0, math.inf))
"""Sizes of a face by its longer side, in pixels of the picture; smaller ones are not counted."""


@dataclass
class Proportion:
    """So many of so many."""

    found: int = 0
    there: int = 0

    @property
    def recall(self) -> float | None:
        """The share, or None of nothing."""
        return self.found / self.there if self.there else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % after Wilson (1927)."""
        if not self.there:
            return 0.0, 1.0
        share, count, z2 = self.found / self.there, self.there, _SURE_Z**2
        middle = (share + z2 / (2 * count)) / (1 + z2 / count)
        half = _SURE_Z / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
        return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass
class DetectorMetrics:
    """One finder's; by_size has the band's index or None where the size is not known."""

    finder: str
    pictures: int = 0
    false_positives: int = 0
    shares: dict[tuple[int | None, Group], Proportion] = field(default_factory=dict)
    times_ms: list[float] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        """Per picture."""
        return median(self.times_ms)

    def count(self, faces: Iterable[GroundTruthFace], finds: list[Face]) -> None:
        """Take one picture's finds."""
        known = list(faces)
        found, false = match_detections(known, [find.box for find in sorted(finds, key=lambda one: -one.confidence)])
        self.pictures, self.false_positives = self.pictures + 1, self.false_positives + len(false)
        for face, is_found in zip(known, found):
            band = None if face.box is None else band_of(face.box)
            if face.box is not None and band is None:
                continue
            share = self.shares.setdefault((band, face.group), Proportion())
            share.there += 1
            share.found += is_found


def band_of(box: Box) -> int | None:
    """The index in ``BANDS``, or None for a face that is too small to count."""
    side = max(box.width_px, box.height_px)
    return next((at for at, (low, high) in enumerate(BANDS) if low <= side < high), None)


def match_detections(known: list[GroundTruthFace], finds: list[Box]) -> tuple[list[bool], list[Box]]:
    """Whether each known face is found, and which finds are false. finds: the surest first."""
    found = [False] * len(known)
    false = []
    for find in finds:
        shared = [1.0 if face.box is None else face.box.iou(find) for face in known]
        free = [at for at, share in enumerate(shared) if share >= MATCH_IOU and not found[at]]
        if free:
            found[max(free, key=lambda at: shared[at])] = True
        elif not any(share >= MATCH_IOU and face.box is not None for share, face in zip(shared, known)):
            false.append(find)
    return found, false


def measure(
    finders: list[Detector],
    pictures: Iterable[AnnotatedImage],
    read: Callable[[Path], NDArray[np.uint8]],
    now_s: Callable[[], float],
) -> list[DetectorMetrics]:
    """All finders over all pictures, one after another on each picture, so that they share the machine's moods."""
    figures = [DetectorMetrics(finder.name) for finder in finders]
    for picture in pictures:
        pixels = read(picture.path)
        for finder, own in zip(finders, figures):
            begun_s = now_s()
            finds = finder.detect(pixels)
            own.times_ms.append(1000 * (now_s() - begun_s))
            own.count(picture.faces, finds)
    return figures
