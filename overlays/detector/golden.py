"""Boxes that every engine and every OpenCV must give: of drawn heads and of noise, in frames of several sizes.

python -m overlays.detector.golden --out tests/detection/lookout.json
"""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.detection.base import Detector
from binarycop.detection.choose import make_detector
from binarycop.frames import drawing
from binarycop.settings.faces import DetectorKind, EngineKind, FacesSettings, LookoutSettings

_SIZES = ((160, 120), (320, 240), (200, 170), (97, 211))
_SIDES = (28, 45, 70, 110)


def pictures() -> list[NDArray[np.uint8]]:
    """Sixteen drawn people, four pictures of noise; nobody real. (H, W, 3) uint8 BGR."""
    made = []
    for number in range(16):
        rng = np.random.default_rng(number)
        (width, height), side = _SIZES[number % 4], _SIDES[number // 4]
        canvas = drawing.background(rng, width, height)
        head = drawing.Head.random(rng, MaskClass(number % len(MaskClass)))
        drawing.draw(canvas, head, width * rng.uniform(0.3, 0.7), height * rng.uniform(0.4, 0.6), side)
        made.append(canvas)
    rng = np.random.default_rng(99)
    return made + [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for width, height in _SIZES]


def boxes(finder: Detector) -> list[list[list[float]]]:
    """Per picture and face x, y, width, height and confidence."""
    return [
        [
            [one.box.x_px, one.box.y_px, one.box.width_px, one.box.height_px, one.confidence]
            for one in finder.detect(each)
        ]
        for each in pictures()
    ]


def shipped_detector(engine: EngineKind) -> Detector:
    """The shipped finder, at its default threshold."""
    return make_detector(FacesSettings(finder=DetectorKind.LOOKOUT, lookout=LookoutSettings(engine=engine)))


def main() -> None:
    """Write the boxes of OpenCV's engine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    found = boxes(shipped_detector(EngineKind.OPENCV))
    rows = ",\n ".join(json.dumps(one) for one in found)
    parser.parse_args().out.write_text(f"[{rows}]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
