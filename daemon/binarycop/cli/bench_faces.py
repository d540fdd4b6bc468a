"""``binarycop bench faces``: compares the detectors on annotated pictures."""

import argparse
import math
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from binarycop.cli.left_out import print_omissions
from binarycop.cli.options import add_config, add_json, first_gate_of, print_json, settings_of
from binarycop.detection.base import Detector
from binarycop.detection.choose import make_detector
from binarycop.errors import DetectorError, SourceError
from binarycop.evaluation.annotated import Group, decoded, read_annotated
from binarycop.evaluation.detection import SIZE_BANDS, DetectorMetrics, Proportion, evaluate_detectors
from binarycop.evaluation.haar import Haar
from binarycop.evaluation.omissions import Omissions
from binarycop.evaluation.one_thread import one_opencv_thread
from binarycop.printable import printable
from binarycop.settings.faces import DetectorKind, FacesSettings

_NAMES = (DetectorKind.LOOKOUT.value, DetectorKind.YUNET.value, Haar.name)


def add(parts: Any) -> None:
    """Add the part ``faces``."""
    parser = parts.add_parser("faces", help="recall, false positives and time of the detectors")
    layout = "has annotations/*.xml (PASCAL VOC) and images/, or one folder for each class"
    parser.add_argument("folder", type=Path, metavar="DIR", help=layout)
    names = ", ".join(_NAMES)
    parser.add_argument(
        "--finder", choices=_NAMES, action="append", metavar="NAME", help=f"detector: {names} (default: all)"
    )
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run ``bench faces``.

    Raises SourceError if there are no annotated pictures, DetectorError if a named detector is not available.
    """
    lane = first_gate_of(settings_of(argparse.Namespace(config=options.config)))
    detectors = _detectors(lane.faces, options.finder)
    images, omissions = 0, Omissions()
    try:
        with one_opencv_thread():
            pictures = decoded(read_annotated(options.folder, omissions), options.folder, omissions)
            results = evaluate_detectors(detectors, pictures, time.perf_counter)
        images = results[0].images
    finally:
        print_omissions(omissions, images)
    if not images:
        raise SourceError(str(options.folder), "has no picture that can be used")
    if options.json:
        rows = [_row(metrics) for metrics in results]
        counts = {"pictures": images, "too_small": results[0].too_small, "left_out": omissions.rows}
        print_json({**counts, "opencv": cv2.__version__, "finders": rows})
        return 0
    print(f"{images} pictures, OpenCV {cv2.__version__}, one thread; recall with its 95 % interval")
    if results[0].too_small:
        print(f"{results[0].too_small} faces of less than {SIZE_BANDS[0][0]:g} px do not count")
    for line in table(results):
        print(line)
    return 0


def table(results: list[DetectorMetrics]) -> list[str]:
    """Lines of text: one column for each detector."""
    lines = [_line("", [metrics.detector for metrics in results])]
    for band, group in _keys(results):
        cells = [_recall(metrics.recalls.get((band, group), Proportion())) for metrics in results]
        lines.append(_line(f"{group.value}, {_size(band)}", cells))
    per_image = [f"{metrics.false_positives / metrics.images:.3f}" for metrics in results]
    lines.append(_line("false positives per picture", per_image))
    lines.append(_line("ms per picture, median", [f"{metrics.median_ms:.2f}" for metrics in results]))
    return lines


def _detectors(settings: FacesSettings, names: list[str] | None) -> list[Detector]:
    """The named detectors; without names, all that are available, and says which are not."""
    detectors: list[Detector] = []
    for name in names or _NAMES:
        try:
            detectors.append(Haar() if name == Haar.name else _make(settings, DetectorKind(name)))
        except DetectorError as error:
            if names:
                raise
            print(printable(f"binarycop: left out: {error}"), file=sys.stderr)
    return detectors


def _make(settings: FacesSettings, kind: DetectorKind) -> Detector:
    return make_detector(replace(settings, finder=kind), subtract_background=False)


def _keys(results: list[DetectorMetrics]) -> list[tuple[int | None, Group]]:
    keys = {key for metrics in results for key in metrics.recalls}
    return sorted(keys, key=lambda key: (list(Group).index(key[1]), -1 if key[0] is None else key[0]))


def _size(band: int | None) -> str:
    if band is None:
        return "any size"
    low, high = SIZE_BANDS[band]
    return f"{low:.0f} px and more" if math.isinf(high) else f"{low:.0f} to {high:.0f} px"


def _recall(recall: Proportion) -> str:
    low, high = recall.interval
    return f"{recall.hits}/{recall.total} {recall.ratio:.3f} ({low:.2f}-{high:.2f})" if recall.total else "-"


def _line(name: str, cells: list[str]) -> str:
    return f"{name:<30}" + "".join(f"{cell:>30}" for cell in cells)


def _row(metrics: DetectorMetrics) -> dict[str, Any]:
    recall = [
        {
            "group": group.value,
            "size": _size(band),
            "found": metrics.recalls[band, group].hits,
            "there": metrics.recalls[band, group].total,
            "recall": metrics.recalls[band, group].ratio,
            "interval": metrics.recalls[band, group].interval,
        }
        for band, group in _keys([metrics])
    ]
    return {
        "finder": metrics.detector,
        "recall": recall,
        "false_positives": metrics.false_positives,
        "false_positives_per_image": metrics.false_positives / metrics.images,
        "ms": metrics.median_ms,
    }
