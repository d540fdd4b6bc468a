"""Crops that show no face. A network with four classes answers them too, so what it answers has to be known."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.classes import LABELS, MaskClass
from binarycop.detection.base import Detector
from binarycop.detection.crop import crop
from binarycop.frames.image import read_picture
from binarycop.geometry import SIDE_PX, Box, CropGeometry
from overlays.command_line import with_progress
from overlays.detector import backgrounds, split
from overlays.detector.split import Part
from overlays.report import markdown
from overlays.training.calibration import top2_margins
from overlays.training.evaluation import wilson_interval

_SEED = 6
_SQUARES = 8  # of each picture
_DRAWINGS, _NOISE = 2000, 2000
_SMALLEST_PX = 24
_TRIES = 20  # for a square beside all faces


def read(data: Path, detector: Detector, geometry: CropGeometry) -> dict[str, NDArray[np.uint8]]:
    """Crops of each kind, (N, 32, 32, 3) uint8 RGB, from pictures that neither network nor detector learned from."""
    rng = np.random.default_rng(_SEED)
    scenes = [read_picture(path) for path in split.empty(data, Part.REPORT)]
    crowds = [(read_picture(picture.path), picture) for picture in split.annotated(data, Part.REPORT)]
    beside = [
        (pixels, [*(face.box for face in picture.faces if face.box), *(face.box for face in detector.detect(pixels))])
        for pixels, picture in with_progress(crowds, "looking for faces in crowds")
    ]
    looked_at = with_progress(scenes, "looking for faces where there are none")
    found = [crop(scene, face.box, geometry) for scene in looked_at for face in detector.detect(scene)]
    noise = [rng.integers(0, 256, (side, side, 3), np.uint8) for side in rng.integers(4, 65, _NOISE)]
    return {
        f"what the detector takes for a face in {len(scenes)} scenes without people": _stacked(found),
        "random squares of scenes without people": _squares([(scene, []) for scene in scenes], _SQUARES, rng, geometry),
        "random squares of crowds, beside all faces": _squares(beside, _SQUARES, rng, geometry),
        "drawings: rectangles, ellipses, words": _squares(
            [(backgrounds.drawn(rng), []) for _ in range(_DRAWINGS)], 1, rng, geometry
        ),
        "noise, from fine to coarse": np.stack(
            [cv2.resize(pixels, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA) for pixels in noise]
        ),
    }


def _squares(
    pictures: Sequence[tuple[NDArray[np.uint8], list[Box]]],
    count: int,
    rng: np.random.Generator,
    geometry: CropGeometry,
) -> NDArray[np.uint8]:
    """Crops of random squares of pictures, (H, W, 3) uint8 BGR each, that overlap none of the boxes."""
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
    return _stacked(found)


def _stacked(crops: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return np.stack(crops) if crops else np.empty((0, SIDE_PX, SIDE_PX, 3), np.uint8)


def lines(scores: dict[str, NDArray[np.int32]], margin: int) -> list[str]:
    """How many crops of each kind get each class with a lead of at least ``margin``, or none. scores: (N, 4) each."""
    rows = []
    for name, of_kind in scores.items():
        voted = top2_margins(of_kind) >= margin
        counts = np.bincount(of_kind.argmax(axis=1)[voted], minlength=len(LABELS)).tolist()
        if not len(of_kind):
            rows.append([name, "0", *["-"] * (len(LABELS) + 1)])
            continue
        right = counts[MaskClass.CORRECT]
        low, high = wilson_interval(right, len(of_kind))
        shares = [f"{count / len(of_kind):.3f}" for count in (*counts[1:], int((~voted).sum()))]
        rows.append([name, str(len(of_kind)), f"{right / len(of_kind):.3f} ({low:.3f}-{high:.3f})", *shares])
    return [
        "What shows no face is answered too. The share of crops that are given each class with a lead of at least the",
        f"abstain margin ({margin}), and of those that give no vote. Several crops come from one picture, so the true",
        "intervals are wider.",
        "",
        *markdown.table(["crops without a face", "crops", *LABELS, "no vote"], rows),
    ]
