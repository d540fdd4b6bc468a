"""Figures of ``lookout`` on what it never learned from: recall beside YuNet and Haar, and how its boxes differ.

python -m overlays.detector.measure --data ../shared/data
"""

import argparse
import csv
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.classes import FOLDERS, MaskClass
from binarycop.cli.bench import table
from binarycop.detection.base import Detector, Face
from binarycop.detection.choose import make_detector
from binarycop.detection.yunet import YuNet
from binarycop.errors import DetectorError
from binarycop.evaluation.annotated import AnnotatedImage, GroundTruthFace, Group
from binarycop.evaluation.detection import MATCH_IOU, evaluate_detectors
from binarycop.evaluation.haar import Haar
from binarycop.frames.image import read_picture
from binarycop.geometry import Box
from binarycop.settings.faces import DetectorKind, FacesSettings, LookoutSettings
from overlays.detector import manual_labels, split
from overlays.detector.split import Part
from overlays.detector.threshold import false_positives
from overlays.synthesis.camera import DETECTOR_JITTER
from overlays.synthesis.patches import YUNET

_LOOKOUT_AT, _YUNET_AT = (0.4, 0.55), (0.65, 0.75)


@dataclass(frozen=True)
class Difference:
    """Between two finders' boxes of the same faces; centre and size in sides of the second's box, (N,) each."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    size: NDArray[np.float64]

    def line(self) -> str:
        """Medians and standard deviations."""
        parts = [
            f"{name} {np.median(values):+.3f} ± {values.std():.3f}"
            for name, values in (("x", self.x), ("y", self.y), ("log size", self.size))
        ]
        return f"{len(self.x)} faces: " + ", ".join(parts)


@dataclass(frozen=True)
class NamedDetector:
    """A finder with another threshold than its default, and a name that says so."""

    name: str
    finder: Detector

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Detector.detect``."""
        return self.finder.detect(pixels)


def at_thresholds(data: Path) -> list[Detector]:
    """``lookout`` and YuNet at thresholds that leave about as many false finds, 0.3 to 0.1 a picture."""
    finders: list[Detector] = []
    for threshold in _LOOKOUT_AT:
        settings = FacesSettings(finder=DetectorKind.LOOKOUT, lookout=LookoutSettings(threshold=threshold))
        finders.append(NamedDetector(f"lookout {threshold}", make_detector(settings)))
    return finders + [
        NamedDetector(f"yunet {one}", YuNet(data / YUNET, longer_px=320, threshold=one)) for one in _YUNET_AT
    ]


def real_photos(data: Path, split: str) -> list[AnnotatedImage]:
    """``real_photos`` of one split, each with its one box."""
    folder = data / "real_photos"
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    found = []
    for row in rows:
        group = Group.MASKED if FOLDERS[row["label"]] is MaskClass.CORRECT else Group.INCORRECT
        box = Box(*(float(row[f"face_{key}"]) for key in "xywh"))
        found.append(AnnotatedImage(folder / row["file"], (GroundTruthFace(group, box),)))
    return found


def difference(finder: Detector, standard: Detector, pictures: list[AnnotatedImage], least_px: float) -> Difference:
    """Of faces that both find, from ``least_px`` on."""
    rows = []
    for picture in pictures:
        pixels = read_picture(picture.path)
        finds = [face.box for face in finder.detect(pixels)]
        for wanted in (face.box for face in standard.detect(pixels)):
            side = max(wanted.width_px, wanted.height_px)
            best = max(finds, key=wanted.iou, default=None)
            if best is None or best.iou(wanted) < MATCH_IOU or side < least_px:
                continue
            (x, y), (to_x, to_y) = wanted.centre, best.centre
            size = np.log(max(best.width_px, best.height_px) / side)
            rows.append(((to_x - x) / side, (to_y - y) / side, float(size)))
    table = np.array(rows).reshape(-1, 3)
    return Difference(table[:, 0], table[:, 1], table[:, 2])


def on_frames(
    pictures: list[AnnotatedImage], width_px: int, height_px: int
) -> list[tuple[AnnotatedImage, NDArray[np.uint8]]]:
    """Each picture inside a frame of that size, as large as fits, with grey around it."""
    made = []
    for one in pictures:
        pixels = read_picture(one.path)
        scale = min(width_px / pixels.shape[1], height_px / pixels.shape[0])
        size = max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1)
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        frame = np.full((height_px, width_px, 3), 127, np.uint8)
        left, top = (width_px - size[0]) // 2, (height_px - size[1]) // 2
        frame[top : top + size[1], left : left + size[0]] = cv2.resize(pixels, size, interpolation=how)
        faces = tuple(
            GroundTruthFace(face.group, _scaled(face.box, scale, left, top))
            for face in one.faces
            if face.box is not None
        )
        made.append((AnnotatedImage(one.path, faces), frame))
    return made


def _scaled(box: Box, scale: float, left: int, top: int) -> Box:
    return Box(box.x_px * scale + left, box.y_px * scale + top, box.width_px * scale, box.height_px * scale)


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    data: Path = arguments.data
    cv2.setNumThreads(1)
    lookout, yunet = (
        make_detector(FacesSettings(finder=DetectorKind.LOOKOUT)),
        YuNet(data / YUNET, longer_px=320, threshold=0.5),
    )
    finders: list[Detector] = [lookout, yunet]
    try:
        finders.append(Haar())
    except DetectorError as error:
        print(error)
    reported, test = split.annotated(data, Part.REPORT), real_photos(data, "test")
    print(f"the reported half of {split.KAGGLE}, {len(reported)} pictures")
    for line in table(evaluate_detectors(finders, reported, read_picture, time.perf_counter)):
        print(line)
    others = at_thresholds(data)
    print("the same, at other thresholds")
    for line in table(evaluate_detectors(others, reported, read_picture, time.perf_counter)):
        print(line)
    print("false finds per picture but for what was seen by eye to be a face")
    seen = manual_labels.read()
    for finder in (*finders, *others):
        print(f"  {finder.name}: {len(false_positives(finder, reported, seen)) / len(reported):.3f}")
    for width_px, height_px in ((320, 240), (160, 120)):
        print(f"real_photos/test in a frame of {width_px}×{height_px}, {len(test)} pictures")
        frames = on_frames(test, width_px, height_px)
        read = {one.path: frame for one, frame in frames}.__getitem__
        figures = evaluate_detectors(finders, [one for one, _ in frames], read, time.perf_counter)
        print("\n".join(table(figures)))
    print(f"lookout's boxes beside YuNet's (training's jitter: {DETECTOR_JITTER.shift} and {DETECTOR_JITTER.scale})")
    for name, pictures in (("reported half, 24 px and more", reported), ("real_photos/test", test)):
        print(f"{name}: {difference(lookout, yunet, pictures, 24).line()}")


if __name__ == "__main__":
    main()
