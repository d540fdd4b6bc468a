"""``binarycop bench``: compares the detectors on annotated pictures, or measures what gates or networks cost."""

import argparse
import math
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.cli.left_out import print_omissions
from binarycop.cli.options import add_config, add_json, first_gate_of, print_json, settings_of
from binarycop.detection.base import Detector
from binarycop.detection.choose import make_detector
from binarycop.errors import DetectorError, SourceError
from binarycop.evaluation.annotated import Group, decoded, read_annotated
from binarycop.evaluation.detection import SIZE_BANDS, DetectorMetrics, Proportion, evaluate_detectors
from binarycop.evaluation.gate_load import GATES, GateLoad, measure_gates
from binarycop.evaluation.haar import Haar
from binarycop.evaluation.kernel_speed import KernelSpeed, measure_kernel
from binarycop.evaluation.omissions import Omissions
from binarycop.printable import printable
from binarycop.settings.faces import DetectorKind, FacesSettings
from binarycop.settings.load import MAX_GATES

_NETWORKS = ("n-cnv", "u-cnv", "cnv")
_ROUNDS = 500
_NAMES = (DetectorKind.LOOKOUT.value, DetectorKind.YUNET.value, Haar.name)


def add(commands: Any) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "bench", help="measure the face detectors, the cost of several gates, or the networks' speed"
    )
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    faces = parts.add_parser("faces", help="recall, false positives and time of the detectors")
    layout = "has annotations/*.xml (PASCAL VOC) and images/, or one folder for each class"
    faces.add_argument("folder", type=Path, metavar="DIR", help=layout)
    names = ", ".join(_NAMES)
    faces.add_argument(
        "--finder", choices=_NAMES, action="append", metavar="NAME", help=f"detector: {names} (default: all)"
    )
    add_config(faces)
    add_json(faces)
    faces.set_defaults(run=run_faces)
    gates = parts.add_parser("gates", help="memory, threads and latency of a daemon with several gates")
    counts = ", ".join(map(str, GATES))
    gates.add_argument(
        "--gates",
        type=_count,
        action="append",
        metavar="N",
        help=f"number of gates, 1 to {MAX_GATES} (default: {counts})",
    )
    gates.add_argument("--clip", type=Path, metavar="CLIP", help="what all gates play (default: a drawn one)")
    gates.add_argument("--bundle", metavar="NAME", help="the network (default: n-cnv)")
    add_json(gates)
    gates.set_defaults(run=run_gates)
    kernel = parts.add_parser("kernel", help="time for one crop: the emulator beside other engines")
    names = ", ".join(_NETWORKS)
    kernel.add_argument(
        "--bundle", action="append", metavar="NAME", help=f"a network, or a bundle's folder (default: {names})"
    )
    add_json(kernel)
    kernel.set_defaults(run=run_kernel)


def run_gates(options: argparse.Namespace) -> int:
    """Run ``bench gates``. Raises SourceError if a daemon fails."""
    of_run = ["--bundle", options.bundle] if options.bundle else []
    loads = measure_gates(options.gates or GATES, options.clip, of_run)
    if options.json:
        print_json({"cores": _usable_cores(), "gates": [load.row for load in loads]})
        return 0
    print(f"{_usable_cores()} cores, OpenCV {cv2.__version__}; all gates play one clip at the same time")
    for line in gates_table(loads):
        print(line)
    return 0


def run_kernel(options: argparse.Namespace) -> int:
    """Run ``bench kernel``. Raises BundleError, BackendError."""
    with _one_opencv_thread():
        speeds = [measure_kernel(bundles.load(find_bundle(name)), _ROUNDS) for name in options.bundle or _NETWORKS]
    if options.json:
        print_json({"machine": platform.machine(), "networks": {speed.network: speed.row for speed in speeds}})
        return 0
    print("microseconds for one crop, alone and in a batch; one thread, medians; how many times the emulator's")
    for line in kernel_table(speeds):
        print(printable(line))
    return 0


def kernel_table(speeds: list[KernelSpeed]) -> list[str]:
    """Lines of text, a row for each network and engine."""
    lines = ["network   engine              alone             in a batch"]
    for speed in speeds:
        for name, alone_us in speed.single_us.items():
            engine = f"{name} ({speed.kernel})" if name == "emulator" else name
            batch_us = speed.batch_us[name]
            ratios = alone_us / speed.single_us["emulator"], batch_us / speed.batch_us["emulator"]
            cells = f"{alone_us:9.1f} ({ratios[0]:5.1f})  {batch_us:9.1f} ({ratios[1]:5.1f})"
            lines.append(f"{speed.network:<9} {engine:<17} {cells}")
    return lines


def run_faces(options: argparse.Namespace) -> int:
    """Run ``bench faces``.

    Raises SourceError if there are no annotated pictures, DetectorError if a named detector is not available.
    """
    lane = first_gate_of(settings_of(argparse.Namespace(config=options.config)))
    detectors = _detectors(lane.faces, options.finder)
    images, omissions = 0, Omissions()
    try:
        with _one_opencv_thread():
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


def gates_table(loads: list[GateLoad]) -> list[str]:
    """Lines of text, a row for each number of gates."""
    lines = ["gates  peak MiB  private MiB  threads  cores  dropped   p50 ms   p99 ms"]
    for load in loads:
        dropped = load.dropped / max(load.captured, 1)
        memory = f"{load.gates:5d}  {load.peak_mib:8.0f}  {load.private_mib:11.0f}  {load.threads:7d}"
        lines.append(f"{memory}  {load.cores:5.2f}  {dropped:7.1%}  {load.p50_ms:7.1f}  {load.p99_ms:7.1f}")
    return lines


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 2 or not 1 <= int(text) <= MAX_GATES:
        raise argparse.ArgumentTypeError(f"{text!r} should be a number from 1 to {MAX_GATES}")
    return int(text)


@contextmanager
def _one_opencv_thread() -> Iterator[None]:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0))


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
