"""Golden boxes of ``lookout``: what every engine and every supported OpenCV must find on drawn heads and on noise.

python -m overlays.detector.golden --out tests/detection/lookout.json
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.detection.base import Detector
from binarycop.detection.choose import make_detector
from binarycop.frames import drawing
from binarycop.settings.faces import DetectorKind, EngineKind, FacesSettings, LookoutSettings
from overlays.command_line import make_parser

_SIZES_PX = ((160, 120), (320, 240), (200, 170), (97, 211))
_HEADS_PX = (28, 45, 70, 110)


def pictures() -> list[NDArray[np.uint8]]:
    """Sixteen pictures of a drawn head and four of noise, (H, W, 3) uint8 BGR, in several sizes."""
    made = []
    for number in range(16):
        rng = np.random.default_rng(number)
        (width, height), side = _SIZES_PX[number % 4], _HEADS_PX[number // 4]
        canvas = drawing.background(rng, width, height)
        head = drawing.Head.random(rng, MaskClass(number % len(MaskClass)))
        drawing.draw(canvas, head, width * rng.uniform(0.3, 0.7), height * rng.uniform(0.4, 0.6), side)
        made.append(canvas)
    rng = np.random.default_rng(99)
    return made + [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for width, height in _SIZES_PX]


def boxes(detector: Detector) -> list[list[list[float]]]:
    """For each picture and face: x, y, width and height in pixels, and the confidence."""
    return [
        [
            [face.box.x_px, face.box.y_px, face.box.width_px, face.box.height_px, face.confidence]
            for face in detector.detect(picture)
        ]
        for picture in pictures()
    ]


def shipped_detector(engine: EngineKind) -> Detector:
    """``lookout`` with the shipped weights and threshold."""
    return make_detector(FacesSettings(finder=DetectorKind.LOOKOUT, lookout=LookoutSettings(engine=engine)))


def main() -> None:
    """Write the boxes that OpenCV's engine finds."""
    parser = make_parser(__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the file to write (JSON)")
    arguments = parser.parse_args()
    rows = ",\n ".join(json.dumps(found) for found in boxes(shipped_detector(EngineKind.OPENCV)))
    arguments.out.write_text(f"[{rows}]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
