"""Metrics of ``lookout`` on pictures that it was not trained on, compared with YuNet and Haar.

python -m overlays.detector.measure --data ../shared/data
"""

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.benchmarks.table import part_lines
from binarycop.classes import FOLDERS, MaskClass
from binarycop.cli.bench_faces import part_of
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
from overlays.command_line import add_data_option, make_parser
from overlays.detector import manual_labels, split
from overlays.detector.split import Part
from overlays.detector.threshold import false_positives
from overlays.synthesis import real_photos
from overlays.synthesis.camera import LOOKOUT_JITTER
from overlays.synthesis.patches import YUNET

_LOOKOUT_THRESHOLDS, _YUNET_THRESHOLDS = (0.4, 0.55), (0.65, 0.75)
_YUNET_LONGER_PX, _YUNET_THRESHOLD = 320, 0.5
_GREY = 127


@dataclass(frozen=True)
class Difference:
    """Differences between the boxes of two detectors for N faces, (N,) each.

    x, y: of the centres, in sides of the second detector's box. size: logarithm of the ratio of the sides.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    size: NDArray[np.float64]

    def line(self) -> str:
        """Medians and standard deviations as text."""
        parts = [
            f"{name} {np.median(values):+.3f} ± {values.std():.3f}"
            for name, values in (("x", self.x), ("y", self.y), ("log size", self.size))
        ]
        return f"{len(self.x)} faces: " + ", ".join(parts)


@dataclass(frozen=True)
class NamedDetector:
    """A detector under another name, which says its threshold."""

    name: str
    detector: Detector

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Detector.detect``."""
        return self.detector.detect(pixels)


def at_thresholds(data: Path) -> list[Detector]:
    """``lookout`` and YuNet at thresholds with similar numbers of false positives, 0.3 to 0.1 for each picture."""
    detectors: list[Detector] = []
    for threshold in _LOOKOUT_THRESHOLDS:
        settings = FacesSettings(finder=DetectorKind.LOOKOUT, lookout=LookoutSettings(threshold=threshold))
        detectors.append(NamedDetector(f"lookout {threshold}", make_detector(settings)))
    for threshold in _YUNET_THRESHOLDS:
        yunet = YuNet(data / YUNET, longer_px=_YUNET_LONGER_PX, threshold=threshold)
        detectors.append(NamedDetector(f"yunet {threshold}", yunet))
    return detectors


def photographs(data: Path, part: str) -> list[AnnotatedImage]:
    """The pictures of ``real_photos``, of the part ``dev`` or ``test``, each with one box."""
    found = []
    for row in real_photos.rows(data):
        if row["split"] == part:
            group = Group.MASKED if FOLDERS[row["label"]] is MaskClass.CORRECT else Group.INCORRECT
            face = GroundTruthFace(group, real_photos.face_box(row))
            found.append(AnnotatedImage(data / real_photos.FOLDER / row["file"], (face,)))
    return found


def difference(
    detector: Detector, standard: Detector, pictures: list[AnnotatedImage], min_face_px: float
) -> Difference:
    """Compare the boxes of faces that both detectors find and that ``standard`` finds at least this large."""
    rows = []
    for picture in pictures:
        pixels = read_picture(picture.path)
        boxes = [face.box for face in detector.detect(pixels)]
        for wanted in (face.box for face in standard.detect(pixels)):
            side = max(wanted.width_px, wanted.height_px)
            best = max(boxes, key=wanted.iou, default=None)
            if best is None or best.iou(wanted) < MATCH_IOU or side < min_face_px:
                continue
            (x, y), (to_x, to_y) = wanted.centre, best.centre
            size = np.log(max(best.width_px, best.height_px) / side)
            rows.append(((to_x - x) / side, (to_y - y) / side, float(size)))
    columns = np.array(rows).reshape(-1, 3)
    return Difference(columns[:, 0], columns[:, 1], columns[:, 2])


def in_frames(
    pictures: list[AnnotatedImage], width_px: int, height_px: int
) -> list[tuple[AnnotatedImage, NDArray[np.uint8]]]:
    """Each picture, as large as fits, in the middle of a grey frame of this size, with its boxes."""
    made = []
    for picture in pictures:
        pixels = read_picture(picture.path)
        scale = min(width_px / pixels.shape[1], height_px / pixels.shape[0])
        size = max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1)
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        frame = np.full((height_px, width_px, 3), _GREY, np.uint8)
        left, top = (width_px - size[0]) // 2, (height_px - size[1]) // 2
        frame[top : top + size[1], left : left + size[0]] = cv2.resize(pixels, size, interpolation=interpolation)
        faces = tuple(
            GroundTruthFace(face.group, _scaled(face.box, scale, left, top))
            for face in picture.faces
            if face.box is not None
        )
        made.append((AnnotatedImage(picture.path, faces), frame))
    return made


def _scaled(box: Box, scale: float, left: int, top: int) -> Box:
    return Box(box.x_px * scale + left, box.y_px * scale + top, box.width_px * scale, box.height_px * scale)


def main() -> None:
    """Print all metrics."""
    parser = make_parser(__doc__)
    add_data_option(parser)
    data: Path = parser.parse_args().data
    cv2.setNumThreads(1)
    lookout = make_detector(FacesSettings(finder=DetectorKind.LOOKOUT))
    yunet = YuNet(data / YUNET, longer_px=_YUNET_LONGER_PX, threshold=_YUNET_THRESHOLD)
    detectors: list[Detector] = [lookout, yunet]
    try:
        detectors.append(Haar())
    except DetectorError as error:
        print(error)
    reported, test = split.annotated(data, Part.REPORT), photographs(data, "test")
    print(f"{len(reported)} reported pictures of {split.KAGGLE}")
    _print_table(detectors, reported)
    others = at_thresholds(data)
    print("the same pictures, other thresholds")
    _print_table(others, reported)
    print("false positives per picture, without those labelled as a face by eye")
    manual = manual_labels.read()
    for detector in (*detectors, *others):
        print(f"  {detector.name}: {len(false_positives(detector, reported, manual)) / len(reported):.3f}")
    for width_px, height_px in ((320, 240), (160, 120)):
        print(f"{len(test)} pictures of real_photos/test, in a frame of {width_px}×{height_px}")
        frames = in_frames(test, width_px, height_px)
        shown = [(picture.faces, frame) for picture, frame in frames]
        metrics = evaluate_detectors(detectors, shown, time.perf_counter)
        print("\n".join(part_lines(part_of(metrics))))
    jitter = LOOKOUT_JITTER
    print(f"lookout's boxes compared with YuNet's (jitter in training: {jitter.shift} and {jitter.scale})")
    for name, pictures in (("reported pictures, 24 px and more", reported), ("real_photos/test", test)):
        print(f"{name}: {difference(lookout, yunet, pictures, 24).line()}")


def _print_table(detectors: list[Detector], pictures: list[AnnotatedImage]) -> None:
    shown = ((picture.faces, read_picture(picture.path)) for picture in pictures)
    metrics = evaluate_detectors(detectors, shown, time.perf_counter)
    print("\n".join(part_lines(part_of(metrics))))


if __name__ == "__main__":
    main()
