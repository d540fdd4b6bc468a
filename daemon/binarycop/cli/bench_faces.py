"""``binarycop bench faces``: compares the detectors on annotated pictures."""

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from binarycop.benchmarks.figures import Figure, Part, single
from binarycop.benchmarks.steps import OnProgress, silent, steps
from binarycop.cli.left_out import print_omissions
from binarycop.cli.options import add_config, first_gate_of, settings_of
from binarycop.cli.terminal import print_note
from binarycop.detection.base import Detector
from binarycop.detection.choose import make_detector
from binarycop.errors import DetectorError, SourceError
from binarycop.evaluation.annotated import Group, decoded, read_annotated
from binarycop.evaluation.detection import SIZE_BANDS, DetectorMetrics, evaluate_detectors
from binarycop.evaluation.haar import Haar
from binarycop.evaluation.omissions import Omissions
from binarycop.evaluation.one_thread import one_opencv_thread
from binarycop.settings.faces import DetectorKind, FacesSettings

NAME = "faces"
SPREAD = "95 % interval"
_ALL = "all pictures"
_NAMES = (DetectorKind.LOOKOUT.value, DetectorKind.YUNET.value, Haar.name)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments, without ``--json``."""
    layout = "has annotations/*.xml (PASCAL VOC) and images/, or one folder for each class"
    parser.add_argument("folder", type=Path, metavar="DIR", help=layout)
    names = ", ".join(_NAMES)
    parser.add_argument(
        "--finder", choices=_NAMES, action="append", metavar="NAME", help=f"detector: {names} (default: all)"
    )
    add_config(parser)


def measure(options: argparse.Namespace, on_progress: OnProgress = silent) -> Part:
    """Run the detectors on the pictures, and say what is left out.

    Raises SourceError if there are no annotated pictures, DetectorError if a named detector is not available.
    """
    lane = first_gate_of(settings_of(argparse.Namespace(config=options.config)))
    detectors = _detectors(lane.faces, options.finder)
    images, omissions = 0, Omissions()
    try:
        with one_opencv_thread():
            annotated = steps(read_annotated(options.folder, omissions), on_progress)
            pictures = decoded(annotated, options.folder, omissions)
            results = evaluate_detectors(detectors, pictures, time.perf_counter)
        images = results[0].images
    finally:
        print_omissions(omissions, images)
    if not images:
        raise SourceError(str(options.folder), "has no picture that can be used")
    return part_of(results)


def part_of(results: list[DetectorMetrics]) -> Part:
    """The figures of detectors that saw the same pictures."""
    small = results[0].too_small
    counted = "1 face" if small == 1 else f"{small} faces"
    notes = [f"{counted} of less than {SIZE_BANDS[0][0]:g} px"] if small else []
    figures = [figure for key in _keys(results) for metrics in results for figure in _recall(metrics, key)]
    for metrics in results:
        figures.append(single(_ALL, metrics.detector, "pictures", "", metrics.images))
        figures.append(single(_ALL, metrics.detector, "false positives a picture", "", metrics.false_per_picture))
        figures.append(single(_ALL, metrics.detector, "median time a picture", "ms", metrics.median_ms))
    return Part(NAME, tuple(figures), spread=SPREAD, notes=tuple(notes))


def _detectors(settings: FacesSettings, names: list[str] | None) -> list[Detector]:
    """The named detectors; without names, all that are available, and says which are not."""
    detectors: list[Detector] = []
    for name in names or _NAMES:
        try:
            detectors.append(Haar() if name == Haar.name else _make(settings, DetectorKind(name)))
        except DetectorError as error:
            if names:
                raise
            print_note(f"left out: {error}")
    return detectors


def _make(settings: FacesSettings, kind: DetectorKind) -> Detector:
    return make_detector(replace(settings, finder=kind), subtract_background=False)


def _keys(results: list[DetectorMetrics]) -> list[tuple[int | None, Group]]:
    keys = {key for metrics in results for key in metrics.recalls}
    return sorted(keys, key=lambda key: (list(Group).index(key[1]), -1 if key[0] is None else key[0]))


def _recall(metrics: DetectorMetrics, key: tuple[int | None, Group]) -> Iterator[Figure]:
    """The recall of one size and group, if there are such faces."""
    band, group = key
    recall = metrics.recalls.get(key)
    if recall is not None and recall.ratio is not None:
        name = f"{group.value}, {_size(band)}"
        yield Figure(name, metrics.detector, "recall", "", recall.ratio, *recall.interval, recall.total)


def _size(band: int | None) -> str:
    if band is None:
        return "any size"
    low, high = SIZE_BANDS[band]
    return f"{low:.0f} px and more" if math.isinf(high) else f"{low:.0f} to {high:.0f} px"
