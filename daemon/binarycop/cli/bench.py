"""``binarycop bench faces``: the face finders that are there, side by side on annotated pictures."""

import argparse
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from binarycop.cli.options import add_config, add_json, print_json, settings_of
from binarycop.detection.base import Detector
from binarycop.detection.choose import make_detector
from binarycop.errors import DetectorError
from binarycop.evaluation.annotated import Group, read_annotated
from binarycop.evaluation.detection import BANDS, DetectorMetrics, Proportion, measure
from binarycop.evaluation.haar import Haar
from binarycop.frames.image import read_picture
from binarycop.settings.faces import DetectorKind, FacesSettings

_NAMES = (DetectorKind.LOOKOUT.value, DetectorKind.YUNET.value, Haar.name)


def add(commands: Any) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("bench", help="measure the face finders: recall, false finds, time")
    parser.add_argument("part", type=_part, metavar="PART", help="what to measure: faces")
    layout = "has annotations/*.xml (PASCAL VOC) and images/, or a folder per class"
    parser.add_argument("folder", type=Path, metavar="DIR", help=layout)
    names = ", ".join(_NAMES)
    parser.add_argument("--finder", choices=_NAMES, action="append", metavar="NAME", help=f"{names} (default: all)")
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Raises SourceError where there are no such pictures, DetectorError where a named finder cannot be had."""
    pictures = read_annotated(options.folder)
    finders = _finders(settings_of(argparse.Namespace(config=options.config)).gates[0].faces, options.finder)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        figures = measure(finders, pictures, read_picture, time.perf_counter)
    finally:
        cv2.setNumThreads(threads)
    if options.json:
        print_json({"pictures": len(pictures), "opencv": cv2.__version__, "finders": [_row(one) for one in figures]})
        return 0
    print(f"{len(pictures)} pictures, OpenCV {cv2.__version__}, one thread; recall with its 95 % interval")
    for line in table(figures):
        print(line)
    return 0


def table(figures: list[DetectorMetrics]) -> list[str]:
    """Lines of text: a column per finder."""
    lines = [_line("", [one.finder for one in figures])]
    for key in _keys(figures):
        band, group = key
        lines.append(
            _line(f"{group.value}, {_size(band)}", [_share(one.shares.get(key, Proportion())) for one in figures])
        )
    lines.append(_line("false finds per picture", [f"{one.false_positives / one.pictures:.3f}" for one in figures]))
    lines.append(_line("ms per picture, median", [f"{one.median_ms:.2f}" for one in figures]))
    return lines


def _part(text: str) -> str:
    if text != "faces":
        raise argparse.ArgumentTypeError(f"{text!r} should be faces")
    return text


def _finders(settings: FacesSettings, names: list[str] | None) -> list[Detector]:
    made: list[Detector] = []
    for name in names or _NAMES:
        try:
            kind = DetectorKind(name) if name != Haar.name else None
            made.append(Haar() if kind is None else make_detector(replace(settings, finder=kind), watches=False))
        except DetectorError:
            if names:
                raise
    return made


def _keys(figures: list[DetectorMetrics]) -> list[tuple[int | None, Group]]:
    every = {key for one in figures for key in one.shares}
    return sorted(every, key=lambda key: (list(Group).index(key[1]), -1 if key[0] is None else key[0]))


def _size(band: int | None) -> str:
    if band is None:
        return "any size"
    low, high = BANDS[band]
    return f"{low:.0f} px and more" if math.isinf(high) else f"{low:.0f} to {high:.0f} px"


def _share(share: Proportion) -> str:
    low, high = share.interval
    return f"{share.found}/{share.there} {share.recall:.3f} ({low:.2f}-{high:.2f})" if share.there else "-"


def _line(name: str, cells: list[str]) -> str:
    return f"{name:<30}" + "".join(f"{cell:>30}" for cell in cells)


def _row(one: DetectorMetrics) -> dict[str, Any]:
    recall = [
        {
            "group": group.value,
            "size": _size(band),
            "found": share.found,
            "there": share.there,
            "recall": share.recall,
            "interval": share.interval,
        }
        for (band, group), share in ((key, one.shares[key]) for key in _keys([one]))
    ]
    return {
        "finder": one.finder,
        "recall": recall,
        "false_positives": one.false_positives,
        "false_positives_per_image": one.false_positives / one.pictures,
        "ms": one.median_ms,
    }
