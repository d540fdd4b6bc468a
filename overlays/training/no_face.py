"""Crops that show no face. A network with four classes answers them too; here it learns to prefer no class."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Detector
from binarycop.detection.crop import crop
from binarycop.frames.image import read_picture
from binarycop.geometry import SIDE_PX, Box, CropGeometry
from overlays.command_line import with_progress
from overlays.detector import backgrounds, split
from overlays.detector.split import Part

Crops = NDArray[np.uint8]

_SMALLEST_PX = 24
_TRIES = 20  # to find a square that overlaps no face
_OF_A_SCENE, _OF_A_CROWD, _DRAWINGS, _NOISE = 40, 10, 2000, 1500  # crops to train on


def to_train_on(data: Path, detector: Detector, geometry: CropGeometry, seed: int) -> Crops:
    """Squares without a face of scenes and crowds, drawings, and noise: (N, 32, 32, 3) uint8 RGB.

    Raises SourceError if the data folder lacks the crowds.
    """
    rng = np.random.default_rng([seed, 1])
    scenes: list[tuple[Crops, list[Box]]] = [(read_picture(path), []) for path in split.empty(data, Part.FIT)]
    kinds = (
        squares(scenes, _OF_A_SCENE, rng, geometry),
        squares(beside_faces(data, Part.FIT, detector), _OF_A_CROWD, rng, geometry),
        drawings(_DRAWINGS, rng, geometry),
        noise(_NOISE, rng),
    )
    return np.concatenate(kinds)


def beside_faces(data: Path, part: Part, detector: Detector) -> list[tuple[Crops, list[Box]]]:
    """Pictures of crowds, (H, W, 3) uint8 BGR each, with the boxes of all faces, annotated or found."""
    crowds = [(read_picture(picture.path), picture) for picture in split.annotated(data, part)]
    return [
        (pixels, [*(face.box for face in picture.faces if face.box), *(face.box for face in detector.detect(pixels))])
        for pixels, picture in with_progress(crowds, "looking for faces in crowds")
    ]


def squares(
    pictures: Sequence[tuple[Crops, Sequence[Box]]], count: int, rng: np.random.Generator, geometry: CropGeometry
) -> Crops:
    """Crops of ``count`` random squares of each picture, (H, W, 3) uint8 BGR, that overlap none of its boxes."""
    found = []
    for pixels, boxes in pictures:
        most = min(pixels.shape[:2]) - 1
        for _ in range(count):
            for _ in range(_TRIES):
                side = float(np.exp(rng.uniform(np.log(_SMALLEST_PX), np.log(most))))
                x, y = (float(rng.uniform(0, length - side)) for length in pixels.shape[1::-1])
                square = Box(x, y, side, side)
                around = Box(x - side * geometry.margin, y - side * geometry.margin, 3 * side, 3 * side)
                if not any(around.iou(box) > 0 for box in boxes):
                    found.append(crop(pixels, square, geometry))
                    break
    return stacked(found)


def drawings(count: int, rng: np.random.Generator, geometry: CropGeometry) -> Crops:
    """Squares of drawn rectangles, ellipses and words."""
    return squares([(backgrounds.drawn(rng), ()) for _ in range(count)], 1, rng, geometry)


def noise(count: int, rng: np.random.Generator) -> Crops:
    """Noise, from fine to coarse."""
    made = [rng.integers(0, 256, (side, side, 3), np.uint8) for side in rng.integers(4, 65, count)]
    return stacked(
        [np.asarray(cv2.resize(each, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8) for each in made]
    )


def stacked(crops: list[Crops]) -> Crops:
    """The crops as one array (N, 32, 32, 3); N may be 0."""
    return np.stack(crops) if crops else np.empty((0, SIDE_PX, SIDE_PX, 3), np.uint8)
